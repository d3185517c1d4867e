import type { StoredSnapshot } from '../store/snapshots.ts';
import { entriesOfBatch, entriesOfHub, entriesOfProbes, type MeasuredEntry } from './measures.ts';
import { type BatchSnapshot, type HubSnapshot, snapshotSchema } from './schemas.ts';
import { validated } from './validate.ts';

/** A validated snapshot, with defaults for absent fields. */
export type ReadSnapshot =
  | { readonly kind: 'batch'; readonly snapshot: BatchSnapshot }
  | { readonly kind: 'hub'; readonly snapshot: HubSnapshot };

/**
 * Validates the body of a snapshot.
 * @throws RequestProblem 400
 */
export function readSnapshot(system: string, body: Readonly<Record<string, unknown>>): ReadSnapshot {
  const { kind, schema } = snapshotSchema(system, body);
  return kind === 'hub' ? { kind, snapshot: validated(schema, body) } : { kind, snapshot: validated(schema, body) };
}

/** Reads a stored snapshot, without the members that the receiver ignores in a body. */
export function readStored({ system, body }: StoredSnapshot): ReadSnapshot {
  const parsed = JSON.parse(new TextDecoder().decode(body));
  // The SAM API lets a body set these members.
  const { status_id: _id, outage_id: _outage, created_at: _created, timestamp: _timestamp, ...rest } = parsed;
  return readSnapshot(system, rest);
}

/** Returns the names of the failed probes in the header `X-Collection-Failed`, which separates them by commas. */
export function probesOf(collectionFailed: string | null): string[] {
  return (collectionFailed ?? '')
    .split(',')
    .map((probe) => probe.trim())
    .filter((probe) => probe !== '');
}

/** Returns the rows of a snapshot for the history, the totals first. */
export function entriesOf(read: ReadSnapshot, collectionFailed: string | null): MeasuredEntry[] {
  const entries = read.kind === 'hub' ? entriesOfHub(read.snapshot) : entriesOfBatch(read.snapshot);
  return [...entries, ...entriesOfProbes(probesOf(collectionFailed))];
}
