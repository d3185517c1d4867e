import { Database } from 'bun:sqlite';
import { schemaVersion } from '../lib/sqlite.ts';
import { Metadata } from './metadata.ts';
import { migrations } from './migrations.ts';
import { type Damage, damagesIn } from './recovery/past-damage.ts';

/** The result of an inspection: the host that writes the outbox, and the recoveries that are not acknowledged. */
export type Inspection =
  | { readonly kind: 'newer' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'outbox'; readonly host: string | null; readonly damages: readonly Damage[] };

/** How long to wait for a writer, in milliseconds. */
const busyTimeout = 2000;

/** Inspects an outbox file of any schema. Throws SQLite's own error if it cannot be read. */
export function inspect(file: string): Inspection {
  const database = new Database(file, { readonly: true, strict: true });
  try {
    database.run(`PRAGMA busy_timeout = ${busyTimeout}`);
    const version = schemaVersion(database);
    if (version > migrations.length) return { kind: 'newer' };
    if (version === 0) return { kind: 'empty' };
    // The first schema has no metadata.
    if (version === 1) return { kind: 'outbox', host: null, damages: [] };
    return { kind: 'outbox', host: new Metadata(database).read('host'), damages: damagesIn(database) };
  } finally {
    database.close();
  }
}
