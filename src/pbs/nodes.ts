import type { NodeRecord, NodeState } from '../lib/records.ts';
import { gibibytesOf } from './memory.ts';
import type { PbsRecord } from './records.ts';
import { countOf, listOf, membersOf, textOf } from './values.ts';

/** The fields of `pbsnodes -aj -F json` that are read. */
export const nodeFields: ReadonlySet<string> = new Set(['state', 'jobs', 'resources_available', 'resources_assigned']);

/** Which part of a node's combined state decides; the first that matches wins (`offline,job-busy` is down). */
const states: readonly (readonly [RegExp, NodeState])[] = [
  [/offline|down|unknown|stale|unresolvable/, 'down'],
  [/resv/, 'reserved'],
  [/job-busy|job-exclusive/, 'allocated'],
  [/free|idle/, 'available'],
];

/** What a node's combined state counts as. */
export function nodeStateOf(state: string): NodeState {
  return states.find(([pattern]) => pattern.test(state))?.[1] ?? 'other';
}

/** One node; a string says what is wrong with the record. */
export function parseNode(record: PbsRecord): NodeRecord | string {
  const { fields } = record;
  const state = textOf(fields.get('state'));
  if (state === null) return 'has no state';
  const available = membersOf(fields.get('resources_available'));
  if (!available) return 'has no resources_available';
  const assigned = membersOf(fields.get('resources_assigned')) ?? new Map<string, string>();

  const cores = countOf(available.get('ncpus'));
  const gpus = countOf(available.get('ngpus'));
  const memory = memoryOf(available.get('mem'));
  const coresAllocated = countOf(assigned.get('ncpus'));
  const gpusAllocated = countOf(assigned.get('ngpus'));
  const memoryAllocated = memoryOf(assigned.get('mem'));
  if (cores === null || coresAllocated === null) return 'ncpus is no count';
  if (gpus === null || gpusAllocated === null) return 'ngpus is no count';
  if (memory === null || memoryAllocated === null) return 'mem is no size';

  const resources = new Map<string, string>();
  for (const [name, raw] of available) {
    const text = textOf(raw);
    if (text !== null) resources.set(name.toLowerCase(), text);
  }
  return {
    name: record.id,
    state: nodeStateOf(state),
    cores,
    coresAllocated,
    gpus,
    gpusAllocated,
    memoryGib: memory,
    memoryAllocatedGib: memoryAllocated,
    jobs: [...new Set(listOf(fields.get('jobs')))],
    resources,
  };
}

function memoryOf(raw: string | undefined): number | null {
  if (raw === undefined) return 0;
  const text = textOf(raw);
  return text === null ? null : gibibytesOf(text);
}
