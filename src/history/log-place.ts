import { z } from 'zod';
import type { Outbox } from '../outbox/outbox.ts';
import { logStateSchema, storedLogState } from '../pbs/open-runs.ts';

const count = z.int().nonnegative();
const timestamp = z.iso.datetime().transform((text) => new Date(text));

/** A place in an accounting log up to which it was read, and the jobs that had not ended there. */
const logPlace = z.object({
  /** The name of the file, without the ending of a compressed file. */
  name: z.string(),
  /** In bytes of the uncompressed file. */
  offset: count,
  lines: count,
  /** The beginning of the file: its length in bytes and a hash of it. It shows whether the file was replaced. */
  head: z.object({ bytes: count, hash: z.string() }),
  state: logStateSchema,
});

export type LogPlace = z.output<typeof logPlace>;

const logProgress = z.object({
  /** Where exports without a range continue; null before the first one. */
  next: logPlace.nullable(),
  /** The requested range, if it was not read to its end. */
  backfill: z.object({ since: timestamp, until: timestamp.nullable(), place: logPlace }).nullable(),
});

/** The progress of reading the accounting log of a cluster. */
export type LogProgress = z.output<typeof logProgress>;

const none: LogProgress = { next: null, backfill: null };

export function readLogProgress(outbox: Outbox, cluster: string): LogProgress {
  return outbox.metadata.readJson(keyOf(cluster), logProgress) ?? none;
}

export function writeLogProgress(outbox: Outbox, cluster: string, { next, backfill }: LogProgress): void {
  const stored = {
    next: next && storedPlace(next),
    backfill: backfill && { ...backfill, place: storedPlace(backfill.place) },
  };
  outbox.metadata.write(keyOf(cluster), JSON.stringify(stored));
}

function storedPlace(place: LogPlace) {
  return { ...place, state: storedLogState(place.state) };
}

/** The progress of each cluster has a key of its own, because the open jobs of a large site take megabytes. */
function keyOf(cluster: string): string {
  return `accounting-log/${cluster}`;
}
