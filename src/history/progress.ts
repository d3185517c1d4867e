import type { Database } from 'bun:sqlite';
import { z } from 'zod';
import { readJsonFact, writeFact } from '../outbox/metadata.ts';

const moment = z.iso.datetime().transform((text) => new Date(text));

const progressSchema = z.object({
  /** All that ended before was read, and is looked at again only as far as the overlap goes; null before the first export. */
  readUntil: moment.nullable(),
  /** A range that was asked for and is not read to its end; `until` is null for now. */
  backfill: z.object({ since: moment, until: moment.nullable(), done: moment }).nullable(),
  /** The zone of the times that were sent; absent if an earlier version sent them. */
  timezone: z.string().optional(),
});

const progressByCluster = z.record(z.string(), progressSchema);

/** How far the job history of a cluster was read. */
export type Progress = z.output<typeof progressSchema>;

const none: Progress = { readUntil: null, backfill: null };

export function readProgress(database: Database, cluster: string): Progress {
  return all(database)[cluster] ?? none;
}

/** Up to which moment each cluster's finished jobs were read, by its name; without those of which only ranges were. */
export function readUntilOfClusters(database: Database): ReadonlyMap<string, Date> {
  return new Map(
    Object.entries(all(database)).flatMap(([cluster, { readUntil }]) =>
      readUntil === null ? [] : [[cluster, readUntil] as const],
    ),
  );
}

export function writeProgress(database: Database, cluster: string, progress: Progress): void {
  writeFact(database, 'history', JSON.stringify({ ...all(database), [cluster]: progress }));
}

function all(database: Database): Readonly<Record<string, Progress>> {
  return readJsonFact(database, 'history', progressByCluster) ?? {};
}
