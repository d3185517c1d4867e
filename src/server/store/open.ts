import type { Store } from './port.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens the store of a receiver, and makes or migrates it first. The caller closes it.
 * @throws OperatorError if it cannot be opened, is not a receiver's database or is newer than this program
 */
export async function openStore(path: string): Promise<Store> {
  return openSqlite(path);
}

/** Opens a store, runs `work` on it and closes it. */
export async function withStore<Result>(path: string, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openStore(path);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
