import { z } from 'zod';
import { type AttemptRecord, entryStates, type ForeignEntry } from '../entry.ts';
import { sha256Of } from '../insert.ts';
import { destinationName, entryPath } from '../request-parts.ts';

const timestamp = z.iso.datetime().transform((text) => new Date(text));

const spooledEntry = z.object({
  /** The path of its outbox, for people. */
  outbox: z.string(),
  body_sha256: z.string(),
  entry: z.object({
    id: z.string(),
    stream: z.string(),
    destination: destinationName,
    method: z.literal('POST'),
    path: entryPath,
    body: z.string(),
    collectedAt: timestamp,
    failedProbes: z.array(z.string()),
    rejectedBecause: z.string().nullable(),
    state: z.enum(entryStates),
    firstSentAt: timestamp.nullable(),
  }),
});

const spooledAnswer = z.object({
  outbox: z.string(),
  /** The entry that was sent. */
  id: z.string(),
  attempt: z.object({
    at: timestamp,
    seconds: z.number(),
    status: z.number().nullable(),
    outcome: z.string(),
    detail: z.string(),
  }),
  change: z.object({
    state: z.enum(entryStates).nullable(),
    deliveredAt: z.number().nullable(),
    answer: z.string().nullable(),
    charged: z.boolean(),
    mayHaveArrived: z.boolean(),
  }),
});

/** An answer to an entry, as it is stored in the spool. */
export type SpooledAnswer = { readonly id: string } & AttemptRecord;

/** Returns the content of the file of an entry. */
export function entryText(outbox: string, entry: ForeignEntry): string {
  return `${JSON.stringify({ outbox, body_sha256: sha256Of(entry.body), entry })}\n`;
}

/** Returns the content of the file of an answer. */
export function answerText(outbox: string, answer: SpooledAnswer): string {
  return `${JSON.stringify({ outbox, ...answer })}\n`;
}

/** Parses the file of an entry. Throws an Error if it is not complete. */
export function parseEntry(text: string): ForeignEntry {
  const { entry, body_sha256 } = spooledEntry.parse(JSON.parse(text));
  if (sha256Of(entry.body) !== body_sha256) throw new Error('the sha-256 of its body differs');
  return entry;
}

/** Parses the file of an answer. Throws an Error if it is not complete. */
export function parseAnswer(text: string): SpooledAnswer {
  return spooledAnswer.parse(JSON.parse(text));
}
