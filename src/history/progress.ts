import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';

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

export function readProgress(outbox: Outbox, cluster: string): Progress {
  return all(outbox)[cluster] ?? none;
}

/** Up to which moment each cluster's finished jobs were read, by its name; without those of which only ranges were. */
export function readUntilOfClusters(outbox: Outbox): ReadonlyMap<string, Date> {
  return new Map(
    Object.entries(all(outbox)).flatMap(([cluster, { readUntil }]) =>
      readUntil === null ? [] : [[cluster, readUntil] as const],
    ),
  );
}

export function writeProgress(outbox: Outbox, cluster: string, progress: Progress): void {
  outbox.metadata.write('history', JSON.stringify({ ...all(outbox), [cluster]: progress }));
}

function all(outbox: Outbox): Readonly<Record<string, Progress>> {
  return outbox.metadata.readJson('history', progressByCluster) ?? {};
}
