import { z } from 'zod';
import { entryStates } from '../entry.ts';
import { destinationName, entryPath } from '../request-parts.ts';
import type { EntryRow } from '../row.ts';
import type { CellValue } from './record.ts';

/** The columns of `entries` in the order of the file. Append a column here if a migration adds it. */
export const entryColumns = [
  'sequence',
  'id',
  'stream',
  'destination',
  'method',
  'path',
  'body_bytes',
  'body_sha256',
  'collected_at',
  'state',
  'attempts',
  'failed_drains',
  'first_sent_at',
  'next_attempt_at',
  'last_status',
  'last_error',
  'delivered_at',
  'answer',
  'failed_probes',
] as const satisfies readonly (keyof EntryRow)[];

/** The number of columns in the first schema: unchanged rows of old files have no more. */
const firstEntryColumns = 19;

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const word = z.string().regex(/^[\x21-\x7e]{1,300}$/);
const timestamp = z.int().min(Date.UTC(2000)).max(Date.UTC(2200));
const count = z.int().nonnegative();

/**
 * A valid row of `entries`. The columns for the destination and the state must be valid. Any other invalid column gets
 * a default, because the body matters more.
 */
const entryRow = z.object({
  sequence: z.int().positive(),
  id: z.string().regex(uuidV7),
  stream: word,
  destination: destinationName,
  method: z.literal('POST'),
  path: entryPath,
  body_bytes: count.max(2 ** 30),
  body_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  collected_at: timestamp,
  state: z.enum(entryStates),
  attempts: count.max(2 ** 31).catch(0),
  failed_drains: count.max(2 ** 31).catch(0),
  first_sent_at: timestamp.nullable().catch(null),
  next_attempt_at: timestamp.nullable().catch(null),
  last_status: z.int().min(100).max(999).nullable().catch(null),
  last_error: z.string().nullable().catch(null),
  delivered_at: timestamp.nullable().catch(null),
  answer: z.string().nullable().catch(null),
  failed_probes: z.string().refine(isListOfNames).catch('[]'),
}) satisfies z.ZodType<EntryRow>;

/** A row of `dropped`. */
export type DroppedRow = z.infer<typeof droppedRow>;
const droppedRow = z.object({
  id: z.string().regex(uuidV7),
  stream: word,
  collected_at: timestamp,
  dropped_at: timestamp,
  reason: z.string(),
});

/** A host name (RFC 1123). With a damaged one, every run would report that another host writes the outbox. */
const hostName = z.string().regex(/^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$/i);
const json = z.string().refine(isJson);

/**
 * The schemas of the outbox's own metadata; null for metadata that is valid for the damaged file only. Metadata of
 * other rooms must be JSON, and those rooms check it further when they read it.
 */
const ownMetadata: Readonly<Record<string, z.ZodType<string> | null>> = { host: hostName, damage: json, checked: null };

/** Returns a row of `entries`; null if the values are not one. */
export function entryRowOf(rowid: number, values: readonly CellValue[]): EntryRow | null {
  if (values.length < firstEntryColumns || values[0] !== null) return null;
  const row = Object.fromEntries(entryColumns.map((name, index) => [name, values[index] ?? null]));
  return entryRow.safeParse({ ...row, sequence: rowid }).data ?? null;
}

/** Returns a row of `dropped`; null if the values are not one. */
export function droppedRowOf(values: readonly CellValue[]): DroppedRow | null {
  if (values.length !== 6 || values[0] !== null) return null;
  const [, id, stream, collected_at, dropped_at, reason] = values;
  return droppedRow.safeParse({ id, stream, collected_at, dropped_at, reason }).data ?? null;
}

/** Returns a key and a value of metadata; null if the values are not a row of it, or must not be copied. */
export function metadataOf(values: readonly CellValue[]): readonly [key: string, value: string] | null {
  const [key, value] = values;
  if (values.length !== 2 || typeof key !== 'string' || !/^[a-z-]{1,40}$/.test(key)) return null;
  const schema = Object.hasOwn(ownMetadata, key) ? ownMetadata[key] : json;
  const kept = schema?.safeParse(value).data;
  return kept === undefined ? null : [key, kept];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function isListOfNames(text: string): boolean {
  try {
    return z.array(z.string()).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
