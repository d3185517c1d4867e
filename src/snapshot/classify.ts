import type { NodeRule } from '../config/system.ts';
import { matches } from '../lib/pattern.ts';
import type { NodeRecord } from '../lib/records.ts';

export type NodeClass = NodeRule['class'];

/**
 * Returns the class and type of a node: those of the first rule whose conditions all hold. A node without a matching
 * rule is a `cpu` node without a type, so that it is still counted.
 */
export function classify(node: NodeRecord, rules: readonly NodeRule[]): { class: NodeClass; type: string | null } {
  const rule = rules.find(({ when }) => when === undefined || holds(when, node));
  return { class: rule?.class ?? 'cpu', type: rule?.type === undefined ? null : typeOf(rule.type, node) };
}

/** Returns a type with the counts of the node in its name; null if a count is 0, as a node that is down can report. */
function typeOf(type: string, { cores, gpus }: NodeRecord): string | null {
  const hasCounts = (!type.includes('{ncpus}') || cores > 0) && (!type.includes('{ngpus}') || gpus > 0);
  return hasCounts ? type.replaceAll('{ncpus}', String(cores)).replaceAll('{ngpus}', String(gpus)) : null;
}

/** True if a rule can give this type to a node. */
export function isTypeOf(rule: NodeRule, type: string): boolean {
  if (rule.type === undefined) return false;
  const parts = rule.type.split(/\{ncpus\}|\{ngpus\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('\\d+')}$`).test(type);
}

function holds(when: NonNullable<NodeRule['when']>, node: NodeRecord): boolean {
  if (when.host !== undefined && !matches(when.host, node.name)) return false;
  if (when.memory_gib_at_least !== undefined && node.memoryGib < when.memory_gib_at_least) return false;
  return Object.entries(when.resources ?? {}).every(([name, condition]) => {
    const value = node.resources.get(name.toLowerCase());
    if (value === undefined) return false;
    // The vnodes of a host can have several values.
    if (typeof condition === 'object') return value.split(',').some((part) => Number(part) >= condition.at_least);
    // `Qlist` and `gpu_type` can hold several values: `vis,nvgpu`.
    return value
      .toLowerCase()
      .split(',')
      .some((part) => part.trim() === condition.toLowerCase());
  });
}
