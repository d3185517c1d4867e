import type { PostgresAddress } from '../../config/postgres.ts';
import type { Reader, Store } from './port.ts';
import { openPostgres, openPostgresReader } from './postgres.ts';
import { openSqlite, openSqliteReader } from './sqlite.ts';

/** Where the receiver's database is: the path of an SQLite file, or a PostgreSQL database. */
export type Location = string | PostgresAddress;

/**
 * Opens the store of a receiver, and makes or migrates it first. The caller closes it.
 * @throws OperatorError if it cannot be opened, is not a receiver's database or is newer than this program
 */
export async function openStore(location: Location): Promise<Store> {
  return typeof location === 'string' ? openSqlite(location) : await openPostgres(location);
}

/** Opens the store of a receiver for reading only, without migrating it. The store stays open until the thread of the caller ends. */
export function openReader(location: Location): Reader {
  return typeof location === 'string' ? openSqliteReader(location) : openPostgresReader(location);
}

/** Opens a store, runs `work` on it and closes it. */
export async function withStore<Result>(location: Location, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(location);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
