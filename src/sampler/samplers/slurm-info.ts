import { isComplete, type JobInfo } from '../job-info.ts';
import type { Data, SamplerFactory } from '../sampler.ts';

/**
 * Says whose job it is and what it got.
 * @param ask returns the information; it is called again at each interval until nothing that is needed is missing
 */
export function slurmInfoSampler(intervalSeconds: number, ask: () => Promise<JobInfo>): SamplerFactory {
  return (stored) => {
    // The state is a JobInfo of this program: it went through JSON, which keeps strings and numbers.
    let info: JobInfo = typeof stored === 'object' && stored !== null ? stored : {};
    return {
      id: 'sams.sampler.SlurmInfo',
      intervalSeconds,
      isShortAtStart: false,
      async sample() {
        if (!isComplete(info)) info = { ...info, ...(await ask()) };
        return dataOf(info);
      },
      final: () => dataOf(info),
      state: () => info,
    };
  };
}

/** Returns the members of the original's output. */
function dataOf({ startedAt, ...info }: JobInfo): Data {
  return {
    ...info,
    ...(startedAt !== undefined && { starttime: localTime(startedAt), starttimestamp: startedAt }),
  };
}

/** Formats a time as the clocks of this host show it: `2026-11-21T00:14:44`, as Slurm does. */
function localTime(seconds: number): string {
  const time = new Date(seconds * 1000);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
