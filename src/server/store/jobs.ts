import type { Reader, Value, Writer } from './port.ts';

/** The columns of a finished job that its record determines. */
export type JobColumn =
  | 'job_id'
  | 'user'
  | 'account'
  | 'partition'
  | 'state'
  | 'qos'
  | 'submit'
  | 'start'
  | 'end'
  | 'cpu_hours'
  | 'gpu_hours'
  | 'cpus'
  | 'gpus'
  | 'nodes'
  | 'node_list'
  | 'raw_id';

/** Finished jobs of a cluster that came in one request. */
export type ReceivedJobs = {
  readonly cluster: string;
  readonly columns: readonly JobColumn[];
  /** One value for each column. */
  readonly rows: readonly (readonly Value[])[];
  readonly receivedAt: string;
  /** The name of the API key. */
  readonly receivedFrom: string;
};

/** Stores jobs. A job with the cluster, id and submit time of a stored one is the same job, with newer values. */
export async function storeJobs(
  writer: Writer,
  { cluster, columns, rows, receivedAt, receivedFrom }: ReceivedJobs,
): Promise<void> {
  const target = {
    table: 'jobs',
    columns: ['cluster', ...columns, 'received_at', 'received_from'],
    key: ['cluster', 'job_id', 'submit'],
  };
  await writer.insertMany(target, withOrigin());

  function* withOrigin(): Generator<readonly Value[]> {
    for (const row of rows) yield [cluster, ...row, receivedAt, receivedFrom];
  }
}

/** The times of a job as they are stored. */
export type JobTimes = { readonly submit: string; readonly start: string | null; readonly end: string | null };

/** The time by which a job belongs to a segment. */
const endTime = 'coalesce("end", start, jobs.submit)';

/** What tells the jobs of a cluster apart. */
export type JobIdentity = { readonly id: string; readonly submit: string };

const keysAtOnce = 250;

/** Yields the times by which the stored jobs of a cluster with some keys belong to segments. */
export async function* endsOfJobs(
  reader: Reader,
  cluster: string,
  keys: readonly JobIdentity[],
): AsyncGenerator<readonly string[]> {
  const places = Array.from({ length: keysAtOnce }, (_, index) => `($${2 * index + 2}, $${2 * index + 3})`).join(', ');
  for (let from = 0; from < keys.length; from += keysAtOnce) {
    const slice = keys.slice(from, from + keysAtOnce);
    const last = slice.at(-1);
    // The same statement for each slice, so that it is prepared once.
    const filled = [...slice, ...new Array<JobIdentity | undefined>(keysAtOnce - slice.length).fill(last)];
    // A subquery for each key finds it by the primary key, also while PostgreSQL has no statistics of the table.
    const rows = await reader.all<{ time: string | null }>(
      `WITH wanted (job_id, submit) AS (VALUES ${places})
       SELECT (SELECT ${endTime} FROM jobs
         WHERE cluster = $1 AND jobs.job_id = wanted.job_id AND jobs.submit = wanted.submit) AS time FROM wanted`,
      cluster,
      ...filled.flatMap((key) => [key?.id ?? '', key?.submit ?? '']),
    );
    yield rows.flatMap(({ time }) => time ?? []);
  }
}

/**
 * Returns the times by which the stored runs of a job belong to segments.
 * @param id the id of the job in samples: a PBS job is stored with its server, as `12.pbs01`, a requeued run can be
 *   stored as `12/run1`, and a task of a Slurm array is stored as `12_3` with the number of the task beside it
 */
export async function endsOfJob(reader: Reader, cluster: string, id: string): Promise<string[]> {
  const rows = await reader.all<{ time: string }>(
    `SELECT ${endTime} AS time FROM jobs WHERE cluster = $1 AND job_id = $2
     UNION ALL SELECT ${endTime} AS time FROM jobs WHERE cluster = $1 AND raw_id = $2
     UNION ALL SELECT ${endTime} AS time FROM jobs WHERE cluster = $1 AND job_id > $3 AND job_id < $4`,
    cluster,
    id,
    `${id}.`,
    // The character after `/`, which follows the dot.
    `${id}0`,
  );
  return rows.map(({ time }) => time);
}

/** Returns the id that a job has in samples; see `endsOfJob`. */
export function idInSamples({ job_id, raw_id }: Pick<UsageRow, 'job_id' | 'raw_id'>): string {
  return raw_id ?? job_id.split(/[./]/, 1)[0] ?? '';
}

/** A job as the segments need it. */
export type UsageRow = JobTimes & {
  readonly job_id: string;
  readonly user: string;
  readonly account: string;
  readonly partition: string;
  readonly state: string;
  readonly qos: string | null;
  readonly cpu_hours: number;
  readonly gpu_hours: number;
  readonly cpus: number;
  readonly gpus: number;
  readonly nodes: number;
  readonly node_list: string | null;
  /** The number of a task of an array; null for other jobs. */
  readonly raw_id: string | null;
};

/** So many rows are read in about 10 ms, after which other requests have their turn. */
const rowsAtOnce = 3000;

/** Yields the jobs of a cluster that ended from `from` on and before `until`, by end; see `StoredSegment`. */
export async function* jobsByEnd(
  reader: Reader,
  cluster: string,
  from: string,
  until: string,
): AsyncGenerator<readonly UsageRow[]> {
  let after: readonly Value[] = [from, '', ''];
  for (;;) {
    // SQLite does not use the index for the comparison of rows, only for the comparisons before it.
    const rows: readonly UsageRow[] = await reader.all<UsageRow>(
      `SELECT job_id, "user", account, partition, state, qos, submit, start, "end", cpu_hours, gpu_hours, cpus, gpus,
         nodes, node_list, raw_id FROM jobs
       WHERE cluster = $1 AND ${endTime} >= $3 AND ${endTime} < $2 AND (${endTime}, job_id, submit) > ($3, $4, $5)
       ORDER BY ${endTime}, job_id, submit LIMIT ${rowsAtOnce}`,
      cluster,
      until,
      ...after,
    );
    if (rows.length > 0) yield rows;
    const last = rows.at(-1);
    if (!last || rows.length < rowsAtOnce) return;
    after = [last.end ?? last.start ?? last.submit, last.job_id, last.submit];
  }
}

/** Returns the least end of the jobs of a cluster that is at least `from`; null if there is none. */
export async function nextEnd(reader: Reader, cluster: string, from: string): Promise<string | null> {
  const row = await reader.get<{ next: string | null }>(
    `SELECT min(${endTime}) AS next FROM jobs WHERE cluster = $1 AND ${endTime} >= $2`,
    cluster,
    from,
  );
  return row?.next ?? null;
}

/** Returns the first and the last submission of a cluster; null if it has no jobs. */
export async function firstAndLastSubmit(
  reader: Reader,
  cluster: string,
): Promise<{ readonly first: string; readonly last: string } | null> {
  const first = await reader.get<{ submit: string | null }>(
    'SELECT min(submit) AS submit FROM jobs WHERE cluster = $1',
    cluster,
  );
  const last = await reader.get<{ submit: string | null }>(
    'SELECT max(submit) AS submit FROM jobs WHERE cluster = $1',
    cluster,
  );
  return first?.submit && last?.submit ? { first: first.submit, last: last.submit } : null;
}

/** A stored job. */
export type StoredJob = UsageRow;

/**
 * The characters after the number of a job in longer ids, and the next character of each: PBS adds the server and the
 * index of an array (`12.pbs01`, `12[3].pbs01`), Slurm the index of an array (`12_3`).
 */
const idMarks = [
  ['.', '/'],
  ['[', '\\'],
  ['_', '`'],
] as const;
const maxRuns = 500;

/** Returns the runs of a job, and of the tasks of an array, by id and submission: at most 500. */
export async function runsOfJob(reader: Reader, cluster: string, id: string): Promise<StoredJob[]> {
  const one = `SELECT job_id, "user", account, partition, state, qos, submit, start, "end", cpu_hours, gpu_hours, cpus, gpus,
    nodes, node_list, raw_id FROM jobs WHERE cluster = $1 AND`;
  const longer = idMarks.map((_, index) => `${one} job_id > $${2 * index + 3} AND job_id < $${2 * index + 4}`);
  // One SELECT for each form of the id, so that each uses the primary key.
  return reader.all<StoredJob>(
    `SELECT * FROM (${[`${one} job_id = $2`, ...longer].join(' UNION ALL ')}) AS found
     ORDER BY job_id, submit LIMIT ${maxRuns}`,
    cluster,
    id,
    ...idMarks.flatMap(([mark, next]) => [id + mark, id + next]),
  );
}

/** Yields the jobs of a cluster that were submitted from `from` on and before `until`, by submission and id. */
export async function* jobsBySubmit(
  reader: Reader,
  cluster: string,
  from: string,
  until: string,
  after: { readonly submit: string; readonly id: string } | null,
): AsyncGenerator<readonly StoredJob[]> {
  let last = after ?? { submit: from, id: '' };
  for (;;) {
    const rows: readonly StoredJob[] = await reader.all<StoredJob>(
      `SELECT job_id, "user", account, partition, state, qos, submit, start, "end", cpu_hours, gpu_hours, cpus, gpus,
         nodes, node_list, raw_id FROM jobs
       WHERE cluster = $1 AND submit >= $2 AND submit < $3 AND submit >= $4 AND (submit, job_id) > ($4, $5)
       ORDER BY submit, job_id LIMIT ${rowsAtOnce}`,
      cluster,
      from,
      until,
      last.submit,
      last.id,
    );
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (!end || rows.length < rowsAtOnce) return;
    last = { submit: end.submit, id: end.job_id };
  }
}
