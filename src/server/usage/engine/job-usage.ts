import { type Jobs, noTime } from '../segments/segment.ts';

/** Returns the CPU seconds of a job. */
export function cpuSecondsOf(jobs: Jobs, job: number): number {
  return jobs.cpuSeconds === null ? (jobs.cpus[job] ?? 0) * durationOf(jobs, job) : (jobs.cpuSeconds[job] ?? 0);
}

/** Returns the GPU seconds of a job. */
export function gpuSecondsOf(jobs: Jobs, job: number): number {
  return jobs.gpuSeconds === null ? (jobs.gpus[job] ?? 0) * durationOf(jobs, job) : (jobs.gpuSeconds[job] ?? 0);
}

/** Returns the seconds from start to end of a job; 0 if it has no start or end, or ends before it starts. */
export function durationOf(jobs: Jobs, job: number): number {
  const start = jobs.start[job] ?? noTime;
  const end = jobs.end[job] ?? noTime;
  return start === noTime || end === noTime || end < start ? 0 : end - start;
}
