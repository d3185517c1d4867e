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
 * Asks for the jobs and steps of all users that were there at any time of a window, every run of a requeued job by itself
 * (sacct(1)). Times come in seconds since 1970 (`SLURM_TIME_FORMAT=%s`), and are given in UTC (`TZ`). Sacct counts a job as
 * there from when it was eligible to run: `eligibleBefore` is the window's end, or later. The tasks of an array that
 * never ran are one job, whose list sacct prints whole only with `SLURM_BITSTR_LEN=0`.
 */
export function sacctCommand({ from }: Window, eligibleBefore: Date): readonly [string, ...string[]] {
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
    `--starttime=${sacctTime(from)}`,
    `--endtime=${sacctTime(eligibleBefore)}`,
    `--format=${sacctFields.join(',')}`,
  ];
}

function sacctTime(moment: Date): string {
  return moment.toISOString().slice(0, 19);
}
