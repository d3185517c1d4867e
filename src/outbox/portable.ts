import { z } from 'zod';
import type { Attempt, Entry } from './entry.ts';
import { entryStates } from './entry.ts';
import { destinationName, entryPath } from './request-parts.ts';

const timestamp = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => !Number.isNaN(date.getTime()));

const attemptSchema = z.object({
  at: timestamp,
  seconds: z.number().nonnegative(),
  status: z.int().nullable(),
  outcome: z.string().max(40),
  detail: z.string(),
});

/** An exported entry: one line of JSON with all of the entry, its attempts and its uncompressed body. */
export const portableSchema = z.object({
  id: z.uuid().toLowerCase(),
  stream: z.string().regex(/^[!-~]{1,200}$/, 'must be printable, without blanks'),
  destination: destinationName,
  method: z.literal('POST'),
  path: entryPath,
  state: z.enum(entryStates),
  collected_at: timestamp,
  first_sent_at: timestamp.nullable(),
  delivered_at: timestamp.nullable(),
  attempts: z.int().nonnegative(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  failed_probes: z.array(z.string()),
  attempts_made: z.array(attemptSchema),
  body_sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits'),
  body: z.string(),
});

export type PortableEntry = z.output<typeof portableSchema>;

/** Returns the line of an entry, as `portableSchema` reads it. */
export function portable(entry: Entry, attempts: readonly Attempt[], body: string): string {
  return JSON.stringify({
    id: entry.id,
    stream: entry.stream,
    destination: entry.destination,
    method: entry.method,
    path: entry.path,
    state: entry.state,
    collected_at: entry.collectedAt,
    first_sent_at: entry.firstSentAt,
    delivered_at: entry.deliveredAt,
    attempts: entry.attempts,
    last_status: entry.lastStatus,
    last_error: entry.lastError,
    failed_probes: entry.failedProbes,
    attempts_made: attempts,
    body_sha256: entry.bodySha256,
    body,
  } satisfies Record<keyof z.input<typeof portableSchema>, unknown>);
}
