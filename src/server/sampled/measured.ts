import { z } from 'zod';
import type { MeasuredJob } from '../../lib/sampled-job.ts';
import type { Measured, MeasuredNode } from './answers.ts';
import { softwareOf } from './software.ts';

/** Samplers write numbers as text, and `max` or nothing for what is not limited or not known. */
const amount = z.coerce.number().nonnegative().nullable().catch(null);
const controlGroup = z.looseObject({
  cpus: amount,
  memory_usage_average: amount,
  memory_usage: amount,
  memory_max_usage: amount,
  memory_limit: amount,
});
const gpu = z.looseObject({
  utilization_gpu_average: amount,
  utilization_memory_average: amount,
  power_draw_average: amount,
});
const gpus = z.record(z.string(), gpu).catch({});

/** Control groups of version 1 report a limit near 2^63 if there is none. */
const noLimitBytes = 2 ** 60;

/** A run of the job: times in seconds since 1970. */
export type Run = {
  readonly start: number | null;
  readonly end: number | null;
  readonly cpus: number;
  readonly nodes: number;
};

/** A sampler ends up to some minutes after the job, or before it if the job is killed. */
const tolerance = 600;

/** Adds up the samples of a job. The run in which they end has the CPUs of the job. */
export function measuredOf(samples: readonly MeasuredJob[], runs: readonly Run[]): Measured {
  const software = softwareOf(samples);
  const times = [...software.software, ...(software.untracked === null ? [] : [software.untracked])];
  const seconds = times.reduce((sum, { user_seconds, system_seconds }) => sum + user_seconds + system_seconds, 0);
  const allocated = allocatedSeconds(samples, runs);
  return {
    ...software,
    nodes: samples.map(nodeOf),
    cpu_seconds: Math.round(seconds * 100) / 100,
    allocated_cpu_seconds: allocated,
    cpu_percent: allocated === null || allocated === 0 ? null : (100 * seconds) / allocated,
  };
}

/** Returns the CPUs times the seconds of the run; without its record, of the control groups. */
function allocatedSeconds(samples: readonly MeasuredJob[], runs: readonly Run[]): number | null {
  const ends = samples.map((sample) => sample['sams.sampler.Software']?.end_time ?? 0);
  const last = Math.max(0, ...ends);
  const run = runs.find(
    ({ start, end }) => start !== null && end !== null && last >= start - tolerance && last <= end + tolerance,
  );
  if (run?.start != null && run.end !== null && run.nodes === samples.length) return run.cpus * (run.end - run.start);
  let sum = 0;
  for (const sample of samples) {
    const cpus = controlGroupOf(sample)?.cpus ?? null;
    const software = sample['sams.sampler.Software'];
    if (cpus === null || software === undefined || software.start_time === 0) return null;
    sum += cpus * Math.max(0, software.end_time - software.start_time);
  }
  return sum;
}

function nodeOf(sample: MeasuredJob): MeasuredNode {
  const group = controlGroupOf(sample);
  const { software, untracked } = softwareOf([sample]);
  const times = [...software, ...(untracked === null ? [] : [untracked])];
  const limit = group?.memory_limit ?? null;
  return {
    node: sample['sams.sampler.Core'].node,
    cpu_seconds:
      sample['sams.sampler.Software'] === undefined
        ? null
        : times.reduce((sum, { user_seconds, system_seconds }) => sum + user_seconds + system_seconds, 0),
    memory_average: group?.memory_usage_average ?? null,
    memory_peak: group?.memory_max_usage ?? group?.memory_usage ?? null,
    memory_limit: limit !== null && limit < noLimitBytes ? limit : null,
    gpus: Object.entries(gpus.parse(sample['sams.sampler.NvidiaSMI'])).map(([index, values]) => ({
      index,
      utilisation_percent: values.utilization_gpu_average,
      memory_percent: values.utilization_memory_average,
      power_watts: values.power_draw_average,
    })),
  };
}

function controlGroupOf(sample: MeasuredJob) {
  const data = sample['sams.sampler.SlurmCGroup2'] ?? sample['sams.sampler.SlurmCGroup'];
  return controlGroup.safeParse(data).data ?? null;
}
