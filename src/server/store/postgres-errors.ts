import { messageOf } from '../../lib/errors.ts';
import { codeOf } from '../../lib/sqlite.ts';
import { Unavailable, Unstorable } from './errors.ts';

/** Thrown when a time limit of the client has passed: the server did not answer. */
export class NoAnswer extends Error {}

/** SQLSTATE codes and classes that do not concern the statement (PostgreSQL, Appendix A). */
const transient: readonly (readonly [prefix: string, reason: 'busy' | 'unreachable' | 'failed'])[] = [
  ['57014', 'busy'], // The server's own time limit ended the statement.
  ['40', 'busy'],
  ['55P03', 'busy'],
  ['08', 'unreachable'],
  ['53', 'unreachable'],
  ['57', 'unreachable'],
  ['25P03', 'unreachable'],
  ['25006', 'unreachable'], // A standby: the primary has moved.
  ['28', 'failed'],
  ['3D', 'failed'],
  ['42501', 'failed'],
];

/** Text that PostgreSQL cannot hold: the character NUL, as a byte or escaped in JSON. */
const unstorable = ['22021', '22P05'];

/** Returns an error of PostgreSQL as an error of the store if it is not about the statement, otherwise unchanged. */
export function postgresError(error: unknown): unknown {
  const words = `the receiver's database: ${messageOf(error)}`;
  if (isLost(error)) return new Unavailable('unreachable', words, { cause: error });
  const state = stateOf(error);
  if (unstorable.includes(state)) return new Unstorable();
  const found = transient.find(([prefix]) => state.startsWith(prefix));
  return found ? new Unavailable(found[1], `${words} (SQLSTATE ${state})`, { cause: error }) : error;
}

/** True if the connection cannot be used any more, or was never made. */
export function isLost(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  return (codeOf(error) ?? '').startsWith('ERR_POSTGRES_CONNECTION_') || /^(08|57P0|25P03)/.test(stateOf(error));
}

/** Returns the SQLSTATE of an error; empty if it has none. */
export function stateOf(error: unknown): string {
  const state: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'errno') : undefined;
  return typeof state === 'string' ? state : '';
}
