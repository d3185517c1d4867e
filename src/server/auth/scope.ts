import { clusterNameRule, isClusterName } from '../../lib/cluster-name.ts';
import { OperatorError } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';

/**
 * What the holder of a login or key may do. `write:NAME` is for the snapshots of a system and the jobs of a cluster,
 * `write:*` for all of them.
 */
export type Scope = 'read' | 'read:names' | 'outages' | 'admin' | `write:${string}`;

/** The scopes of a user by default: everything that a collector and its operator do. */
export const userScopes: readonly Scope[] = ['write:*', 'outages', 'read:names'];

/** True if one of the scopes permits what `needed` permits: `admin` permits everything, `read:names` permits `read`. */
export function permits(scopes: readonly Scope[], needed: Scope): boolean {
  return scopes.some(
    (scope) =>
      scope === needed ||
      scope === 'admin' ||
      (scope === 'write:*' && needed.startsWith('write:')) ||
      (scope === 'read:names' && needed === 'read'),
  );
}

/** Returns scopes as they are stored and shown: with commas between them. */
export function scopesText(scopes: readonly Scope[]): string {
  return scopes.join(',');
}

/**
 * Parses a text that `scopesText` returned, or that a person wrote. Each scope is returned once.
 * @throws OperatorError for an unknown scope and for a text without scopes
 */
export function scopesOf(text: string): readonly Scope[] {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  if (words.length === 0) throw new OperatorError(`there is no scope: give ${choices}`);
  return [...new Set(words.map(scopeOf))];
}

const choices = 'read, read:names, outages, admin, write:NAME or write:*';

function scopeOf(word: string): Scope {
  if (word === 'read' || word === 'read:names' || word === 'outages' || word === 'admin') return word;
  const name = /^write:(.*)$/s.exec(word)?.[1];
  if (name === undefined) throw new OperatorError(`'${printable(word, 80)}' is not a scope: give ${choices}`);
  if (name !== '*' && !isClusterName(name)) {
    throw new OperatorError(
      `'${printable(word, 80)}' is not a scope: the name of a system or cluster ${clusterNameRule}`,
    );
  }
  return `write:${name}`;
}
