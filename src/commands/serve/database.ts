import { join } from 'node:path';
import { isPostgresAddress, type PostgresAddress, postgresAddress } from '../../config/postgres.ts';
import { OperatorError } from '../../lib/errors.ts';
import type { Context } from '../../run/context.ts';

export const databaseArg = {
  database: {
    type: 'string',
    valueHint: 'FILE|URL',
    description: 'Receiver database: FILE or postgres://USER@HOST/DATABASE',
  },
} as const;

/**
 * Returns the receiver's database: the named one, the one in `DATABASE_URL`, or `receiver.db` in the state directory.
 * @throws OperatorError for an address that cannot be used
 */
export function databaseOf(named: string | undefined, { config }: Context): string | PostgresAddress {
  const { environment } = config;
  const text = named ?? environment.DATABASE_URL ?? join(config.stateDirectory, 'receiver.db');
  if (!isPostgresAddress(text)) {
    if (named !== undefined || environment.DATABASE_URL === undefined) return text;
    throw new OperatorError(
      'DATABASE_URL is not the address of a PostgreSQL database: unset DATABASE_URL, or use --database.',
    );
  }
  const address = postgresAddress(text, environment);
  if (named !== undefined && /^[^/]*\/\/[^/@]*:[^/]*@/.test(named)) {
    throw new OperatorError(
      'The address after --database has a password, which every user of this host can see: use PGPASSFILE, or DATABASE_URL in the env file.',
    );
  }
  return address;
}
