import { join } from 'node:path';
import type { Context } from '../../run/context.ts';

export const databaseArg = {
  database: { type: 'string', valueHint: 'FILE', description: "The receiver's database" },
} as const;

/** Returns the database file of the receiver: the named one, or `receiver.db` in the state directory. */
export function databaseFile(named: string | undefined, context: Context): string {
  return named ?? join(context.config.stateDirectory, 'receiver.db');
}
