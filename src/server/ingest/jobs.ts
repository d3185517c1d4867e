import type { Database } from 'bun:sqlite';
import type { Delivery, Stored } from '../deliveries.ts';
import { timestampOf } from '../timestamp.ts';
import type { Batch } from './batch.ts';
import { fields } from './records.ts';

const columns = ['cluster', ...fields.map((field) => field.column), 'received_at', 'received_from'];
// A job with the same cluster, id and submit time is the same job, sent again with newer values.
const insertJob = `INSERT OR REPLACE INTO jobs (${columns.map((column) => `"${column}"`).join(', ')})
  VALUES (${columns.map(() => '?').join(', ')})`;

/** Stores a batch, and returns the ingest API's answer. Call it inside a transaction. */
export function storeJobs(database: Database, { hostname, jobs }: Batch, delivery: Delivery): Stored {
  const receivedAt = timestampOf(delivery.receivedAt);
  if (jobs.length > 0) {
    database
      .query(
        `INSERT INTO clusters (name, last_received_at) VALUES (?, ?)
         ON CONFLICT (name) DO UPDATE SET last_received_at = excluded.last_received_at`,
      )
      .run(hostname, receivedAt);
  }
  const insert = database.query(insertJob);
  for (const job of jobs) insert.run(hostname, ...job, receivedAt, delivery.user);
  const answer = JSON.stringify({
    success: true,
    message: `Successfully ingested ${jobs.length} jobs for ${hostname}`,
    jobs_processed: jobs.length,
    hostname,
  });
  return { answer, replayed: false };
}

/** The clusters that have jobs, by name. */
export function listClusters(database: Database): string[] {
  return database
    .query<{ name: string }, []>('SELECT name FROM clusters ORDER BY name')
    .all()
    .map((row) => row.name);
}

/** What `/api/dashboard/stats` says of a cluster. */
export type ClusterStatistics = {
  readonly hostname: string;
  readonly total_jobs: number;
  readonly total_cpu_hours: number;
  readonly total_gpu_hours: number;
  readonly total_users: number;
  readonly partitions: readonly string[];
};

/** Days as `2026-11-20`, both included; null for no bound. A job counts on the day of its submission. */
export type Days = { readonly start: string | null; readonly end: string | null };

/** Sums over a cluster's jobs; null where it has none at all. */
export function clusterStatistics(database: Database, cluster: string, days: Days): ClusterStatistics | null {
  const isKnown = database.query('SELECT 1 FROM clusters WHERE name = ?').get(cluster) !== null;
  if (!isKnown) return null;
  // "~" sorts behind whatever a time begins with.
  const window = [cluster, days.start ?? '', `${days.end ?? ''}~`] as const;
  const where = 'FROM jobs WHERE cluster = ? AND submit >= ? AND submit < ?';
  const sums = database
    .query<Omit<ClusterStatistics, 'hostname' | 'partitions'>, [string, string, string]>(
      `SELECT count(*) AS total_jobs, total(cpu_hours) AS total_cpu_hours, total(gpu_hours) AS total_gpu_hours,
         count(DISTINCT user) AS total_users ${where}`,
    )
    .get(...window);
  const partitions = database
    .query<{ partition: string }, [string, string, string]>(`SELECT DISTINCT partition ${where} ORDER BY partition`)
    .all(...window);
  if (!sums) return null;
  return { hostname: cluster, ...sums, partitions: partitions.map((row) => row.partition) };
}
