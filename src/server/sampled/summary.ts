import { type MeasuredJob, untrackedProgram } from '../../lib/sampled-job.ts';

/** The part of a sample that usage is counted from: the CPU time of each program on one node. */
export type SampleSummary = {
  /** The first and the last time at which a process was seen, in seconds since 1970; 0 if none was. */
  readonly from: number;
  readonly to: number;
  /** True if the control group counted the CPU time, so that short-lived processes are in it. */
  readonly isCounted: boolean;
  /** CPU seconds by the path of the program. */
  readonly programs: Readonly<Record<string, number>>;
};

/** Returns the summary of what a sampler measured. CPU time without a program is that of `untrackedProgram`. */
export function summaryOf({ 'sams.sampler.Software': found }: MeasuredJob): SampleSummary {
  const seconds = ({ user, system }: { readonly user: number; readonly system: number }) =>
    Math.round((user + system) * 100) / 100;
  const programs = Object.entries(found?.execs ?? {}).map(([path, time]) => [path, seconds(time)] as const);
  const untracked = found?.untracked ? seconds(found.untracked) : 0;
  return {
    from: found?.start_time ?? 0,
    to: found?.end_time ?? 0,
    isCounted: found?.untracked !== undefined,
    programs: Object.fromEntries(untracked === 0 ? programs : [...programs, [untrackedProgram, untracked]]),
  };
}
