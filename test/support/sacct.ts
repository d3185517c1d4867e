import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { separator } from '../../src/slurm/rows.ts';
import { sacctFields, type Window } from '../../src/slurm/sacct.ts';
import { finishedJobs, SacctCount } from '../../src/slurm/sacct-jobs.ts';
import { streamOf } from './executors.ts';
import { fixtures } from './site.ts';

/** What a real sacct printed for the half hour from `captured.from`, and the CPU time that it says itself. */
export const captured = {
  window: { from: new Date('2026-11-24T08:00:00Z'), to: new Date('2026-11-24T08:30:00Z') },
  text: readFileSync(join(fixtures, 'sacct/jobs.txt'), 'utf8'),
  cpuTime: readFileSync(join(fixtures, 'sacct/cpu-time.txt'), 'utf8'),
} as const;

export type Fields = Partial<Record<(typeof sacctFields)[number], string>>;

/** A line of sacct: a job that ran for the first hour of 20 November 2026, apart from what is given. */
export function sacctLine(fields: Fields = {}): string {
  const job: Required<Fields> = {
    JobID: fields.JobIDRaw ?? '7',
    JobIDRaw: '7',
    User: 'alice',
    Account: 'physics',
    Partition: 'compute',
    State: 'COMPLETED',
    Submit: seconds('2026-11-19T23:00:00Z'),
    Start: seconds('2026-11-20T00:00:00Z'),
    End: seconds('2026-11-20T01:00:00Z'),
    QOS: 'normal',
    ElapsedRaw: '3600',
    NodeList: 'c001',
    AllocTRES: 'billing=2,cpu=2,mem=1G,node=1',
    ...fields,
  };
  return `${sacctFields.map((name) => job[name]).join(separator)}\n`;
}

/** Its step `batch`. */
export function stepLine(fields: Fields = {}): string {
  const { JobID = fields.JobIDRaw ?? '7', JobIDRaw = '7' } = fields;
  const ids = { JobID: `${JobID}.batch`, JobIDRaw: `${JobIDRaw}.batch` };
  return sacctLine({ User: '', Partition: '', QOS: '', ...fields, ...ids });
}

/** A moment in ISO 8601 as sacct prints it. */
export function seconds(moment: string): string {
  return String(Date.parse(moment) / 1000);
}

export const november20: Window = { from: new Date('2026-11-20T00:00:00Z'), to: new Date('2026-11-21T00:00:00Z') };
const november21 = new Date('2026-11-21T12:00:00Z');

/** Reads an output to its end. */
export async function readSacct(
  output: string | Uint8Array | Iterable<Uint8Array>,
  window: Window = november20,
  now: Date = november21,
): Promise<{ readonly jobs: readonly FinishedJob[]; readonly count: SacctCount }> {
  const count = new SacctCount();
  const jobs: FinishedJob[] = [];
  for await (const some of finishedJobs(streamOf(output), window, count, now)) jobs.push(...some);
  return { jobs, count };
}
