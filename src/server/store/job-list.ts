import type { StoredJob } from './jobs.ts';
import type { Reader, Value } from './port.ts';

/** Which jobs of a cluster are listed. */
export type ListedJobs = {
  readonly cluster: string;
  /** The least stored end. */
  readonly from: string;
  /** Only jobs that come before it in the order of their end, id and submission: all three are texts as stored. */
  readonly before: JobPlace;
  /** The users and accounts of which a job must have one; null for all. */
  readonly users: readonly string[] | null;
  readonly accounts: readonly string[] | null;
};

/** The place of a job among those of its cluster, by end. */
export type JobPlace = { readonly end: string; readonly id: string; readonly submit: string };

/** A page of a list has fewer rows, so most pages take one read. */
const rowsAtOnce = 200;

/** The time by which the index of jobs by their end is ordered. */
const endTime = 'coalesce("end", start, submit)';

/** Yields the jobs of a cluster that have an end, the newest end first. */
export async function* jobsNewestFirst(
  reader: Reader,
  { cluster, from, before, users, accounts }: ListedJobs,
): AsyncGenerator<StoredJob> {
  let last = before;
  for (;;) {
    const values: Value[] = [cluster, from, last.end, last.id, last.submit];
    const oneOf = (column: string, names: readonly string[] | null): string => {
      if (names === null) return '';
      const places = names.map((name) => `$${values.push(name)}`);
      return `AND ${column} IN (${places.join(', ')})`;
    };
    // SQLite does not use the index for the comparison of rows, only for the comparisons before it.
    const rows: readonly StoredJob[] = await reader.all<StoredJob>(
      `SELECT job_id, "user", account, partition, state, qos, submit, start, "end", cpu_hours, gpu_hours, cpus, gpus,
         nodes, node_list, raw_id FROM jobs
       WHERE cluster = $1 AND ${endTime} >= $2 AND ${endTime} <= $3 AND (${endTime}, job_id, submit) < ($3, $4, $5)
         AND "end" IS NOT NULL ${oneOf('"user"', users)} ${oneOf('account', accounts)}
       ORDER BY ${endTime} DESC, job_id DESC, submit DESC LIMIT ${rowsAtOnce}`,
      ...values,
    );
    yield* rows;
    const oldest = rows.at(-1);
    if (!oldest || rows.length < rowsAtOnce) return;
    last = placeOf(oldest);
  }
}

/** Returns the place of a job with an end. */
export function placeOf({ end, job_id, submit }: StoredJob): JobPlace {
  return { end: end ?? '', id: job_id, submit };
}
