import { separator } from './separator.ts';

/** A stretch of time: `from` belongs to it, `to` does not. */
export type Window = { readonly from: Date; readonly to: Date };

/** The fields that are asked for: no job names or comments, in which users may write anything, line breaks too. */
export const sacctFields = [
  'JobID',
  'JobIDRaw',
  'User',
  'Account',
  'Partition',
  'State',
  'Submit',
  'Start',
  'End',
  'QOS',
  'ElapsedRaw',
  'NodeList',
  'AllocTRES',
] as const;

/**
 * How a run of a job can have ended, a requeue and a change of its size among them (sacct(1), "JOB STATE CODES"). Asked for
 * states of jobs that are over, sacct goes by their end; without, by when they were eligible to run, and leaves out those
 * that never were: cancelled while they were held, or waited for another job or for their turn in an array.
 */
const ends = ['BF', 'CA', 'CD', 'DL', 'F', 'NF', 'OOM', 'PR', 'RQ', 'RS', 'RV', 'TO'] as const;

/**
 * Asks for the jobs of all users that ended in a window, or at its very end, every run of a requeued job by itself, with
 * their steps (sacct(1)). Times come in seconds since 1970 (`SLURM_TIME_FORMAT=%s`), and are given in UTC (`TZ`). The tasks
 * of an array that never ran are one job, whose list sacct prints whole only with `SLURM_BITSTR_LEN=0`.
 */
export function sacctCommand({ from, to }: Window): readonly [string, ...string[]] {
  return [
    'env',
    'TZ=UTC',
    'SLURM_TIME_FORMAT=%s',
    'SLURM_BITSTR_LEN=0',
    'sacct',
    '--local',
    '--allusers',
    '--duplicates',
    '--parsable2',
    '--noheader',
    `--delimiter=${separator}`,
    `--state=${ends.join(',')}`,
    `--starttime=${sacctTime(from)}`,
    `--endtime=${sacctTime(to)}`,
    `--format=${sacctFields.join(',')}`,
  ];
}

function sacctTime(moment: Date): string {
  return moment.toISOString().slice(0, 19);
}
