import type { Database } from 'bun:sqlite';
import type { z } from 'zod';

/**
 * What is remembered about the outbox as a whole: the host that writes it, damage that nobody has looked at, when the file
 * was last looked through, what a destination's clock said last, which systems are in maintenance, what people were told of
 * the state of health, whether the heartbeat fails, the troubles that a run has told of, how far the job history of each
 * cluster was read, and the addresses of the servers that refuse jobs that never started.
 */
export const facts = [
  'host',
  'damage',
  'checked',
  'clock',
  'maintenance',
  'notified',
  'heartbeat',
  'troubles',
  'history',
  'start-required',
] as const;
export type Fact = (typeof facts)[number];

export function readFact(database: Database, key: Fact): string | null {
  return database.query<{ value: string }, [string]>('SELECT value FROM meta WHERE key = ?').get(key)?.value ?? null;
}

/** Returns a fact that is stored as JSON; null if it is missing or damaged, because a damaged fact must not stop a run. */
export function readJsonFact<Schema extends z.ZodType>(
  database: Database,
  key: Fact,
  schema: Schema,
): z.output<Schema> | null {
  try {
    return schema.safeParse(JSON.parse(readFact(database, key) ?? 'null')).data ?? null;
  } catch (error) {
    // Only text that is not JSON: an error of SQLite concerns the whole file.
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

export function writeFact(database: Database, key: Fact, value: string): void {
  const query = 'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value';
  database.query(query).run(key, value);
}

export function forgetFact(database: Database, key: Fact): void {
  database.query('DELETE FROM meta WHERE key = ?').run(key);
}
