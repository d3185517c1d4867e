import { clusterNameRule, isClusterName } from '../../lib/cluster-name.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/** The clusters that a key is for. `*` is all clusters; the documents of the API call it a shared key. */
export type Scope = '*' | readonly string[];

/** Returns true if a scope has a cluster. Case matters. */
export function covers(scope: Scope, cluster: string): boolean {
  return scope === '*' || scope.includes(cluster);
}

/** Returns a scope as it is stored and shown: `*`, or the names with commas between them. */
export function scopeText(scope: Scope): string {
  return scope === '*' ? '*' : scope.join(',');
}

/** Parses a text that `scopeText` returned. */
export function scopeOf(text: string): Scope {
  return text === '*' ? '*' : text.split(',');
}

/**
 * Returns the scope of the clusters that a person names, each once.
 * @throws OperatorError without names, and for a text that cannot be the name of a cluster
 */
export function scopeOfNames(names: readonly string[]): Scope {
  const wrong = names.find((name) => !isClusterName(name));
  if (wrong !== undefined) {
    throw new OperatorError(`'${printable(wrong, 80)}' is no cluster's name: it ${clusterNameRule}`);
  }
  if (names.length === 0) throw new OperatorError('say for which cluster: --cluster NAME, or --all for every one');
  return [...new Set(names)];
}
