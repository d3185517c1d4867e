import type { Database } from 'bun:sqlite';
import type { z } from 'zod';

/**
 * Small texts that are stored in the outbox file beside its entries, by key. The outbox has the keys `host` (the host that
 * writes it), `damage` (recoveries) and `checked` (the last search for damage); every other room keeps keys of its own.
 */
export class Metadata {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Returns the value of a key; null if there is none. */
  read(key: string): string | null {
    const query = this.#database.query<{ value: string }, [string]>('SELECT value FROM meta WHERE key = ?');
    return query.get(key)?.value ?? null;
  }

  /** Returns a value that is stored as JSON; null if it is missing or damaged, because damage to it must not stop a run. */
  readJson<Schema extends z.ZodType>(key: string, schema: Schema): z.output<Schema> | null {
    try {
      return schema.safeParse(JSON.parse(this.read(key) ?? 'null')).data ?? null;
    } catch (error) {
      // Only text that is not JSON: an error of SQLite concerns the whole file.
      if (error instanceof SyntaxError) return null;
      throw error;
    }
  }

  /** Stores a value. */
  write(key: string, value: string): void {
    const query = 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
    this.#database.query(query).run(key, value);
  }

  /** Deletes a value. */
  forget(key: string): void {
    this.#database.query('DELETE FROM meta WHERE key = ?').run(key);
  }
}
