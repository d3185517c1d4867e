import type { Store } from './port.ts';
import { tables } from './tables.ts';

/** The rows of a kind, and the bytes that they and their indexes take in the database. */
export type KindSize = { readonly kind: string; readonly rows: number; readonly bytes: number };

/** Returns the size of each kind of data. It reads whole tables, so a database of some gigabytes takes seconds. */
export async function sizesByKind(store: Store): Promise<KindSize[]> {
  const sizes = new Map<string, KindSize>();
  for (const { name, kind } of tables) {
    const before = sizes.get(kind) ?? { kind, rows: 0, bytes: 0 };
    const bytes = await store.bytesOf(name);
    sizes.set(kind, { kind, rows: before.rows + (await rowsOf(store, name)), bytes: before.bytes + bytes });
  }
  return [...sizes.values()];
}

/** Returns the number of rows of a table. */
export async function rowsOf(store: Pick<Store, 'get'>, table: string): Promise<number> {
  return (await store.get<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`))?.rows ?? 0;
}
