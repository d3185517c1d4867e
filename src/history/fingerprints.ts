import type { Database } from 'bun:sqlite';
import type { FinishedJob } from '../slurm/sacct-rows.ts';
import { day } from './windows.ts';

/** A job with its record as it is sent, and a hash of the record. */
export type Candidate = { readonly job: FinishedJob; readonly json: string; readonly hash: bigint };

/** How long a fingerprint is kept after the job ended, in milliseconds. */
const kept = 365 * day;

export function candidateOf(job: FinishedJob, json: string): Candidate {
  // SQLite integers are signed.
  return { job, json, hash: BigInt.asIntN(64, Bun.hash.xxHash64(json)) };
}

/** Returns the jobs whose current record was not sent yet. */
export function unsent(database: Database, cluster: string, candidates: readonly Candidate[]): Candidate[] {
  const query = database.query<unknown, [number, number, number, bigint]>(
    'SELECT 1 FROM job_fingerprints WHERE submitted = ? AND job = ? AND cluster = ? AND record = ?',
  );
  const hash = clusterHash(cluster);
  // Read in one transaction, because each query alone would lock the file again.
  const look = database.transaction(() =>
    candidates.filter(({ job, hash: record }) => query.get(job.submitted, job.rawId, hash, record) === null),
  );
  return look.deferred();
}

/** Numbers stored for each job: `submitted`, `rawId` and `ended`. */
export const fingerprintNumbers = 3;

/** The packed fingerprints of some jobs. The fingerprints of a million jobs are held until their window is read. */
export class Fingerprints {
  readonly numbers: Uint32Array;
  readonly records: BigInt64Array;

  constructor(numbers: Uint32Array, records: BigInt64Array) {
    this.numbers = numbers;
    this.records = records;
  }

  static of(candidates: readonly Candidate[]): Fingerprints {
    const numbers = new Uint32Array(fingerprintNumbers * candidates.length);
    const records = new BigInt64Array(candidates.length);
    for (const [index, { job, hash }] of candidates.entries()) {
      numbers.set([job.submitted, job.rawId, job.ended], fingerprintNumbers * index);
      records[index] = hash;
    }
    return new Fingerprints(numbers, records);
  }

  /** Stores them, except those old enough to be deleted at once. */
  remember(database: Database, cluster: string, now: Date): void {
    const query = database.query(
      `INSERT INTO job_fingerprints (submitted, job, cluster, record, ended_on) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (submitted, job, cluster) DO UPDATE SET record = excluded.record, ended_on = excluded.ended_on`,
    );
    const hash = clusterHash(cluster);
    const oldest = oldestKept(now);
    for (const [index, record] of this.records.entries()) {
      const at = fingerprintNumbers * index;
      const endedOn = dayOf(this.numbers[at + 2] ?? 0);
      if (endedOn >= oldest) query.run(this.numbers[at] ?? 0, this.numbers[at + 1] ?? 0, hash, record, endedOn);
    }
  }
}

/** Deletes the fingerprints of jobs that ended more than a year ago. */
export function forgetOld(database: Database, now: Date): void {
  const oldest = oldestKept(now);
  // A job was submitted before it ended, so its row is at the beginning of the table.
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
