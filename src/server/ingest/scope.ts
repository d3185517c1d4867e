import { clusterNameRule, isClusterName } from '../../lib/cluster-name.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/** The clusters that a key may be used for; `*` is all of them, what the API's own documents call a shared key. */
export type Scope = '*' | readonly string[];

/** Whether a scope has a cluster. Names are compared as they are, in small and capital letters too. */
export function covers(scope: Scope, cluster: string): boolean {
  return scope === '*' || scope.includes(cluster);
}

/** A scope as it is stored and shown: `*`, or the names with commas, which none of them can have. */
export function scopeText(scope: Scope): string {
  return scope === '*' ? '*' : scope.join(',');
}

/** What `scopeText` gave. */
export function scopeOf(text: string): Scope {
  return text === '*' ? '*' : text.split(',');
}

/**
 * The scope of the clusters that a person names, each once.
 * @throws OperatorError for none, and for what is no cluster's name
 */
export function scopeOfNames(names: readonly string[]): Scope {
  const wrong = names.find((name) => !isClusterName(name));
  if (wrong !== undefined) {
    throw new OperatorError(`'${printable(wrong, 80)}' is no cluster's name: it ${clusterNameRule}`);
  }
  if (names.length === 0) throw new OperatorError('say for which cluster: --cluster NAME, or --all for every one');
  return [...new Set(names)];
}
