import { messageOf } from '../lib/errors.ts';
import type { NumberedLine } from '../lib/lines.ts';
import { plainWords } from '../lib/plain-words.ts';
import { usedBytes } from './database.ts';
import type { EntryState } from './entry.ts';
import { sha256Of } from './insert.ts';
import type { Outbox } from './outbox.ts';
import { type PortableEntry, portableSchema } from './portable.ts';

export type Imported = {
  /** Imported entries, by their state. */
  readonly taken: Readonly<Record<Exclude<EntryState, 'delivered'>, number>>;
  /** Skipped because this outbox has them already. */
  readonly here: number;
  /** Skipped because they were delivered. */
  readonly delivered: number;
  readonly bad: number;
  /** The first line for which there was no space; null if everything was read. */
  readonly fullAt: number | null;
};

/** Lines and bytes stored in one transaction. */
const batchLines = 200;
const batchBytes = 8 * 1024 ** 2;

/**
 * Imports entries of another outbox, after all existing ones, in the order of the lines. Rejected and held entries keep
 * their state, so that a move never sends them. Skips a damaged line and passes its problem to `complain`.
 */
export async function importEntries(
  outbox: Outbox,
  lines: AsyncIterable<NumberedLine>,
  maxBytes: number,
  complain: (line: number, problem: string) => void,
): Promise<Imported> {
  const taken = { pending: 0, held: 0, rejected: 0 };
  let here = 0;
  let delivered = 0;
  let bad = 0;
  let batch: { number: number; entry: PortableEntry }[] = [];
  let bytes = 0;
  const refuse = (number: number, problem: string) => {
    bad += 1;
    complain(number, problem);
  };
  /** Returns false if there is no space. */
  const store = (): boolean => {
    if (usedBytes(outbox.database) + bytes > maxBytes) return false;
    outbox.database
      .transaction(() => {
        for (const { number, entry } of batch) {
          const result = storeOne(outbox, entry);
          if (result === 'here') here += 1;
          else if (result === 'timestamp-taken')
            refuse(number, `another entry for ${entry.destination} was collected at the same millisecond`);
          else taken[result] += 1;
        }
      })
      .immediate();
    batch = [];
    bytes = 0;
    return true;
  };

  for await (const { number, text } of lines) {
    if (text?.trim() === '') continue;
    const read = entryOf(text);
    if (typeof read === 'string') refuse(number, read);
    else if (read.state === 'delivered') delivered += 1;
    else {
      batch.push({ number, entry: read });
      bytes += read.body.length;
      if (batch.length >= batchLines || bytes >= batchBytes) {
        if (!store()) break;
      }
    }
  }
  const fullAt = batch.length > 0 && !store() ? (batch[0]?.number ?? null) : null;
  return { taken, here, delivered, bad, fullAt };
}

/** Returns the entry of a line, or what is wrong with it. */
function entryOf(text: string | null): PortableEntry | string {
  if (text === null) return 'is too long or is not valid UTF-8';
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `is not JSON: ${messageOf(error)}`;
  }
  const parsed = portableSchema.safeParse(value, { error: plainWords });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `is not an exported entry: ${issue?.path.join('.') || 'the line'} ${issue?.message ?? ''}`;
  }
  return sha256Of(parsed.data.body) === parsed.data.body_sha256
    ? parsed.data
    : 'is damaged: the sha-256 of its body differs';
}

function storeOne(outbox: Outbox, entry: PortableEntry): 'here' | 'timestamp-taken' | Exclude<EntryState, 'delivered'> {
  const { database } = outbox;
  const { state } = entry;
  if (state === 'delivered' || outbox.has(entry.id)) return 'here';
  const isStored = outbox.takeIn({
    id: entry.id,
    stream: entry.stream,
    destination: entry.destination,
    method: entry.method,
    path: entry.path,
    body: entry.body,
    collectedAt: entry.collected_at,
    failedProbes: entry.failed_probes,
    rejectedBecause: entry.last_error,
    state,
    firstSentAt: entry.first_sent_at,
  });
  if (!isStored) return 'timestamp-taken';
  database
    .query('UPDATE entries SET attempts = ?, last_status = ? WHERE id = ?')
    .run(entry.attempts, entry.last_status, entry.id);
  const attempted = database.query(
    `INSERT INTO attempts (entry, at, seconds, status, outcome, detail)
     VALUES ((SELECT sequence FROM entries WHERE id = ?), ?, ?, ?, ?, ?)`,
  );
  for (const { at, seconds, status, outcome, detail } of entry.attempts_made)
    attempted.run(entry.id, at.getTime(), seconds, status, outcome, detail);
  return state;
}
