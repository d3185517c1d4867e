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

/** How many numbers tell a job, and when it ended: `submitted`, `rawId` and `ended`. */
export const fingerprintNumbers = 3;

/** The fingerprints of some jobs, packed: those of a million have to wait until their window is read. */
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

  /** Remembers them, but for those that would be forgotten at once. */
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
