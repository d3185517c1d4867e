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
  | 'node_list';

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
  if (rows.length === 0) return;
  await writer.run(
    `INSERT INTO clusters (name, last_received_at) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET last_received_at = excluded.last_received_at`,
    cluster,
    receivedAt,
  );
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

/** Returns the clusters that have jobs, by name. */
export async function listClusters(reader: Reader): Promise<string[]> {
  const rows = await reader.all<{ name: string }>('SELECT name FROM clusters ORDER BY name');
  return rows.map((row) => row.name);
}

/** The sums over the jobs of a cluster, as `/api/dashboard/stats` answers them. */
export type ClusterStatistics = {
  readonly hostname: string;
  readonly total_jobs: number;
  readonly total_cpu_hours: number;
  readonly total_gpu_hours: number;
  readonly total_users: number;
  readonly partitions: readonly string[];
};

/** Days as `2026-11-20`, both included; null for no limit. A job counts on the day of its submission. */
export type Days = { readonly start: string | null; readonly end: string | null };

/** Returns the sums over the jobs of a cluster, null if it never had a job. */
export async function clusterStatistics(
  reader: Reader,
  cluster: string,
  days: Days,
): Promise<ClusterStatistics | null> {
  const known = await reader.get('SELECT 1 AS known FROM clusters WHERE name = $1', cluster);
  if (known === null) return null;
  // "~" sorts after every character that a time has.
  const window = [cluster, days.start ?? '', `${days.end ?? ''}~`] as const;
  const where = 'FROM jobs WHERE cluster = $1 AND submit >= $2 AND submit < $3';
  const sums = await reader.get<Omit<ClusterStatistics, 'hostname' | 'partitions'>>(
    `SELECT count(*) AS total_jobs, coalesce(sum(cpu_hours), 0.0) AS total_cpu_hours,
       coalesce(sum(gpu_hours), 0.0) AS total_gpu_hours, count(DISTINCT "user") AS total_users ${where}`,
    ...window,
  );
  const partitions = await reader.all<{ partition: string }>(
    `SELECT DISTINCT partition ${where} ORDER BY partition`,
    ...window,
  );
  if (!sums) return null;
  return { hostname: cluster, ...sums, partitions: partitions.map((row) => row.partition) };
}
