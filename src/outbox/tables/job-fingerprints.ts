import type { Outbox } from '../outbox.ts';
import type { Reclaimable } from '../retention.ts';

/** The row of a job that was sent: when it was submitted (seconds since 1970), its number, and a hash of its cluster. */
export type JobKey = { readonly submitted: number; readonly job: number; readonly cluster: number };

/** Rows deleted in one transaction: they are small. */
const batch = 20_000;
/** Least size of a row, in bytes. */
const rowBytes = 24;

/** Returns the keys whose stored record hash differs from the given one, or that are not stored; in one transaction. */
export function changedJobs<Key extends JobKey & { readonly record: bigint }>(
  { database }: Outbox,
  jobs: readonly Key[],
): Key[] {
  const query = database.query<unknown, [number, number, number, bigint]>(
    'SELECT 1 FROM job_fingerprints WHERE submitted = ? AND job = ? AND cluster = ? AND record = ?',
  );
  // Each query outside a transaction would lock the file again.
  const look = database.transaction(() =>
    jobs.filter(({ submitted, job, cluster, record }) => query.get(submitted, job, cluster, record) === null),
  );
  return look.deferred();
}

/** Returns a function that stores the record hash of a job; `endedOn` is the day it ended, in days since 1970. */
export function jobWriter({ database }: Outbox): (key: JobKey, record: bigint, endedOn: number) => void {
  const query = database.query(
    `INSERT INTO job_fingerprints (submitted, job, cluster, record, ended_on) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (submitted, job, cluster) DO UPDATE SET record = excluded.record, ended_on = excluded.ended_on`,
  );
  return ({ submitted, job, cluster }, record, endedOn) => void query.run(submitted, job, cluster, record, endedOn);
}

/** Deletes the jobs that ended before a day (days since 1970). */
export function deleteJobsBefore({ database }: Outbox, day: number): void {
  // A job was submitted before it ended, so its row is at the beginning of the table.
  database.query('DELETE FROM job_fingerprints WHERE submitted < ? AND ended_on < ?').run(day * 86_400, day);
}

/**
 * The space of the fingerprints. It is freed before any undelivered entry is deleted, because sending a job again does
 * no harm. `free` deletes the fingerprints of the jobs that ended first.
 */
export function jobFingerprintSpace({ database }: Outbox): Reclaimable {
  return {
    bytes() {
      const query = database.query<{ n: number }, []>('SELECT count(*) AS n FROM job_fingerprints');
      return rowBytes * (query.get()?.n ?? 0);
    },
    free() {
      const query = `DELETE FROM job_fingerprints WHERE (submitted, job, cluster) IN
        (SELECT submitted, job, cluster FROM job_fingerprints ORDER BY ended_on, submitted LIMIT ${batch})`;
      return database.query(query).run().changes > 0;
    },
  };
}
