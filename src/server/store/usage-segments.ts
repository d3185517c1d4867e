import type { Reader, Writer } from './port.ts';

/**
 * The jobs of a cluster that ended on one day, as compressed columns. A job without an end counts on the day of its
 * start, and one without a start on the day of its submission.
 */
export type StoredSegment = {
  /** Days since 1970-01-01, in the time zone of the cluster. */
  readonly day: number;
  /** The change of the cluster's segments that made it. */
  readonly version: number;
  /** The number of jobs; 0 after the last job of a day was removed. */
  readonly jobs: number;
  /** The first and the last day on which a job of it was submitted, started, ran or ended. */
  readonly first_day: number;
  readonly last_day: number;
  readonly cells: Uint8Array;
};

/** The parts of a segment that only some questions need. */
export type SegmentParts = {
  readonly columns: Uint8Array;
  readonly node_lists: Uint8Array;
  /** The programs of the jobs; null if none of them was sampled. */
  readonly software: Uint8Array | null;
};

/** Returns the segments of a cluster that are newer than a version, by day. */
export function segmentsAfter(reader: Reader, cluster: string, version: number): Promise<StoredSegment[]> {
  return reader.all<StoredSegment>(
    'SELECT day, version, jobs, first_day, last_day, cells FROM usage_segments WHERE cluster = $1 AND version > $2 ORDER BY day',
    cluster,
    version,
  );
}

/** Returns one part of the segments of a cluster from a day to another one, both included. */
export function partsOfSegments(
  reader: Reader,
  part: keyof SegmentParts,
  cluster: string,
  { first, last }: { readonly first: number; readonly last: number },
): Promise<{ readonly day: number; readonly version: number; readonly part: Uint8Array | null }[]> {
  return reader.all(
    `SELECT day, version, ${part} AS part FROM usage_segments WHERE cluster = $1 AND day BETWEEN $2 AND $3`,
    cluster,
    first,
    last,
  );
}

/** Returns the days for which a cluster has a segment. */
export async function segmentDays(reader: Reader, cluster: string): Promise<Set<number>> {
  const rows = await reader.all<{ day: number }>('SELECT day FROM usage_segments WHERE cluster = $1', cluster);
  return new Set(rows.map((row) => row.day));
}

/** Stores a segment in the place of the one of its day. */
export async function storeSegment(
  writer: Writer,
  cluster: string,
  { day, version, jobs, first_day, last_day, cells, columns, node_lists, software }: StoredSegment & SegmentParts,
): Promise<void> {
  await writer.run(
    `INSERT INTO usage_segments (cluster, day, version, jobs, first_day, last_day, cells, columns, node_lists,
       software)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
     ON CONFLICT (cluster, day) DO UPDATE SET version = excluded.version, jobs = excluded.jobs,
       first_day = excluded.first_day, last_day = excluded.last_day, cells = excluded.cells,
       columns = excluded.columns, node_lists = excluded.node_lists, software = excluded.software`,
    cluster,
    day,
    version,
    jobs,
    first_day,
    last_day,
    cells,
    columns,
    node_lists,
    software,
  );
  await writer.run('DELETE FROM usage_stale_days WHERE cluster = $1 AND day = $2', cluster, day);
}

/** Notes that the segments of some days of a cluster do not have every stored sample, until they are stored again. */
export async function markStale(writer: Writer, cluster: string, days: ReadonlySet<number>): Promise<void> {
  for (const day of days) {
    await writer.run(
      'INSERT INTO usage_stale_days VALUES ($1, $2) ON CONFLICT (cluster, day) DO NOTHING',
      cluster,
      day,
    );
  }
}

/** Returns the days of all clusters whose segments do not have every stored sample. */
export function staleDays(reader: Reader): Promise<{ readonly cluster: string; readonly day: number }[]> {
  return reader.all('SELECT cluster, day FROM usage_stale_days ORDER BY cluster, day');
}

/** Deletes all segments of a cluster. */
export async function deleteSegments(writer: Writer, cluster: string): Promise<void> {
  await writer.run('DELETE FROM usage_segments WHERE cluster = $1', cluster);
}
