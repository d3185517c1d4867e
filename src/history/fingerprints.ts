import type { Database } from 'bun:sqlite';
import type { FinishedJob } from '../slurm/sacct-rows.ts';
import { day } from './windows.ts';

/** A job with its record as it is sent, and a hash of that. */
export type Candidate = { readonly job: FinishedJob; readonly json: string; readonly hash: bigint };

/** How long a fingerprint is kept after the job's end, in milliseconds. */
const kept = 365 * day;

export function candidateOf(job: FinishedJob, json: string): Candidate {
  // SQLite's integers have a sign.
  return { job, json, hash: BigInt.asIntN(64, Bun.hash.xxHash64(json)) };
}

/** Those whose record was not sent yet as it is. */
export function unsent(database: Database, cluster: string, candidates: readonly Candidate[]): Candidate[] {
  const query = database.query<unknown, [number, number, number, bigint]>(
    'SELECT 1 FROM job_fingerprints WHERE submitted = ? AND job = ? AND cluster = ? AND record = ?',
  );
  const hash = clusterHash(cluster);
  // One transaction: else each would lock the file by itself.
  const look = database.transaction(() =>
    candidates.filter(({ job, hash: record }) => query.get(job.submitted, job.rawId, hash, record) === null),
  );
  return look.deferred();
}

/** The fingerprints of some jobs, small: those of a million have to wait in memory until their window is read. */
export class Fingerprints {
  readonly #numbers: Uint32Array;
  readonly #records: BigInt64Array;

  constructor(candidates: readonly Candidate[]) {
    this.#numbers = new Uint32Array(candidates.flatMap(({ job }) => [job.submitted, job.rawId, job.ended]));
    this.#records = new BigInt64Array(candidates.map(({ hash }) => hash));
  }

  /** Remembers them, but for those that would be forgotten at once. */
  remember(database: Database, cluster: string, now: Date): void {
    const query = database.query(
      `INSERT INTO job_fingerprints (submitted, job, cluster, record, ended_on) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (submitted, job, cluster) DO UPDATE SET record = excluded.record, ended_on = excluded.ended_on`,
    );
    const hash = clusterHash(cluster);
    const oldest = oldestKept(now);
    for (const [index, record] of this.#records.entries()) {
      const [submitted = 0, job = 0, ended = 0] = this.#numbers.subarray(3 * index, 3 * index + 3);
      const endedOn = dayOf(ended);
      if (endedOn >= oldest) query.run(submitted, job, hash, record, endedOn);
    }
  }
}

/** Forgets the jobs that ended a year ago. */
export function forgetOld(database: Database, now: Date): void {
  const oldest = oldestKept(now);
  // What ended before was submitted before: that is where the table begins.
  database
    .query('DELETE FROM job_fingerprints WHERE submitted < ? AND ended_on < ?')
    .run((oldest * day) / 1000, oldest);
}

function oldestKept(now: Date): number {
  return Math.floor((now.getTime() - kept) / day);
}

function dayOf(seconds: number): number {
  return Math.floor((seconds * 1000) / day);
}

function clusterHash(cluster: string): number {
  return Bun.hash.xxHash32(cluster);
}
