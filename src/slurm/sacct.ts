import { separator } from './rows.ts';

/** A time range that includes `from` and excludes `to`. */
export type Window = { readonly from: Date; readonly to: Date };

/** The requested fields. Job names and comments are left out, because they can contain any text, even line breaks. */
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
 * The final states of a run of a job, including a requeue and a resize (sacct(1), "JOB STATE CODES"). With final states,
 * sacct selects jobs by their end. Without them, it selects jobs by their eligible time. It then leaves out jobs that
 * were cancelled before they were eligible: held jobs, dependent jobs, and throttled tasks of an array.
 */
const ends = ['BF', 'CA', 'CD', 'DL', 'F', 'NF', 'OOM', 'PR', 'RQ', 'RS', 'RV', 'TO'] as const;

/**
 * Returns the command that lists the jobs of all users that ended in a window or exactly at its end, with their steps
 * (sacct(1)). Each run of a requeued job is listed separately. sacct prints times in seconds since 1970
 * (`SLURM_TIME_FORMAT=%s`) and reads times in UTC (`TZ`). Tasks of an array that never ran are one job; sacct truncates
 * their list unless `SLURM_BITSTR_LEN` is 0.
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

function sacctTime(time: Date): string {
  return time.toISOString().slice(0, 19);
}
