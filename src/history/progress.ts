import { z } from 'zod';
import { OperatorError } from '../lib/errors.ts';
import type { Outbox } from '../outbox/outbox.ts';

const timestamp = z.iso.datetime().transform((text) => new Date(text));

const progressSchema = z.object({
  /** All jobs that ended before this time were read. The next export reads the overlap again. Null before the first one. */
  readUntil: timestamp.nullable(),
  /** The requested range, until it has been read to its end. An `until` of null means the present. `done` is the time read so far. */
  backfill: z.object({ since: timestamp, until: timestamp.nullable(), done: timestamp }).nullable(),
  /** The zone of the sent times; absent if an earlier version sent them. */
  timezone: z.string().optional(),
});

const progressByCluster = z.record(z.string(), progressSchema);

/** Calls a short function with the outbox; returns null if there is no outbox. */
export type WithOutbox = <Result>(work: (outbox: Outbox) => Result) => Result | null;

/** The progress of reading the job history of a cluster. */
export type Progress = z.output<typeof progressSchema>;

const none: Progress = { readUntil: null, backfill: null };

export function readProgress(outbox: Outbox, cluster: string): Progress {
  return all(outbox)[cluster] ?? none;
}

/**
 * Returns the progress of a cluster. Throws OperatorError if the times of earlier exports are in another zone, unless jobs
 * are sent again: the API identifies a job by its number and submit time, and would store each job twice.
 */
export function progressInZone(withOutbox: WithOutbox, cluster: string, zone: string, isAgain: boolean): Progress {
  const progress = withOutbox((outbox) => readProgress(outbox, cluster)) ?? none;
  const before = progress.timezone ?? zone;
  if (isAgain || before === zone) return progress;
  throw new OperatorError(
    `nothing is exported: jobs.timezone is ${zone}, but earlier jobs of this cluster were sent in the times of ${before}, and the API would store jobs twice, hours apart: set jobs.timezone to ${before} in collector.yaml; or delete the cluster's jobs there and send them in the new times: hpc-collector jobs export --again --since TIME`,
  );
}

/**
 * Returns the time up to which the finished jobs of each cluster were read, by cluster name. Leaves out clusters of which
 * only ranges were read.
 */
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
