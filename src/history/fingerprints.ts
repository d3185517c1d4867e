import { defaultJobsDestination, isIngestStream } from '../delivery/ingest-entries.ts';
import type { FinishedJob } from '../lib/finished-job.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Reclaimable } from '../outbox/retention.ts';
import { changedJobs, deleteJobsBefore, jobFingerprintSpace, jobWriter } from '../outbox/tables/job-fingerprints.ts';
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
export function unsent(outbox: Outbox, cluster: string, candidates: readonly Candidate[]): Candidate[] {
  const hash = clusterHash(cluster);
  const keys = candidates.map((candidate) => ({
    candidate,
    submitted: candidate.job.submitted,
    job: candidate.job.rawId,
    cluster: hash,
    record: candidate.hash,
  }));
  return changedJobs(outbox, keys).map(({ candidate }) => candidate);
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
  remember(outbox: Outbox, cluster: string, now: Date): void {
    const write = jobWriter(outbox);
    const hash = clusterHash(cluster);
    const oldest = oldestKept(now);
    for (const [index, record] of this.records.entries()) {
      const at = fingerprintNumbers * index;
      const endedOn = dayOf(this.numbers[at + 2] ?? 0);
      if (endedOn < oldest) continue;
      write({ submitted: this.numbers[at] ?? 0, job: this.numbers[at + 1] ?? 0, cluster: hash }, record, endedOn);
    }
  }
}

/** Deletes the fingerprints of jobs that ended more than a year ago. */
export function forgetOld(outbox: Outbox, now: Date): void {
  deleteJobsBefore(outbox, oldestKept(now));
}

/**
 * Returns the space that more jobs can take from older fingerprints: none while an entry of job history is undelivered,
 * because its jobs would count as new and be queued a second time. `destinations` are those of kind ingest.
 */
export function reclaimableForJobs(
  outbox: Outbox,
  destinations: readonly string[] = [defaultJobsDestination],
): Reclaimable[] {
  return outbox.hasUndelivered((stream) => isIngestStream(stream, destinations)) ? [] : [jobFingerprintSpace(outbox)];
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
