import type { z } from 'zod';
import type { jobSchema } from '../../../src/server/sampled/answers.ts';
import type { expectedWaitSchema, jobRunSchema, outageCostsSchema } from '../../../src/server/usage/answers.ts';

// Answers about single jobs and what is derived from them.

type Run = z.infer<typeof jobRunSchema>;

const run: Run = {
  job_id: '4711',
  user: 'anna',
  account: 'physics',
  partition: 'main',
  qos: 'normal',
  state: 'COMPLETED',
  submit: '2026-11-27T20:00:05Z',
  start: '2026-11-27T21:30:10Z',
  end: '2026-11-28T05:00:20Z',
  wait_hours: 1.5014,
  elapsed_hours: 7.5028,
  cpus: 256,
  gpus: 8,
  nodes: 2,
  node_list: 'n[1-2]',
  cpu_hours: 1920.71,
  gpu_hours: 60.02,
};
const cancelled: Run = {
  ...run,
  job_id: '4709',
  ...{ user: null, account: 'earth', partition: 'gpu', qos: null, state: 'CANCELLED', start: null, end: null },
  ...{
    wait_hours: null,
    elapsed_hours: null,
    cpus: 16,
    gpus: 0,
    nodes: 4,
    node_list: null,
    cpu_hours: 0,
    gpu_hours: 0,
  },
};

/** Returns a page of a list of jobs: there are two, and the second has no more. */
export function jobsOf(query: URLSearchParams) {
  const isFirst = !query.has('after');
  const listed = [
    { ...run, cluster: 'derecho' },
    { ...cancelled, cluster: isFirst ? 'casper' : 'derecho' },
    {
      ...run,
      cluster: 'derecho',
      job_id: '470',
      user: 'bert',
      elapsed_hours: 60.25,
      wait_hours: 0.004,
      cpu_hours: 3.5,
    },
  ];
  return { from: '2025-11-29', to: '2026-11-28', total: 1203, jobs: listed, next: isFirst ? 'place 2' : null };
}

const gpu = (index: string, first: number) => ({
  index,
  utilisation_percent: first,
  memory_percent: first / 3,
  power_watts: first * 4.04,
});
const gib = 1024 ** 3;

/** A job on two nodes with GPUs that was sampled. */
export const sampledJob: z.infer<typeof jobSchema> = {
  cluster: 'derecho',
  job_id: '4711',
  runs: [run],
  measured: {
    software: [
      { path: '/usr/bin/python3', user_seconds: 3100.504, system_seconds: 41.2 },
      { path: '/home/anna/a.out', user_seconds: 420, system_seconds: 3.25 },
    ],
    untracked: { user_seconds: 12.5, system_seconds: 1.75 },
    nodes: [
      {
        node: 'n2',
        cpu_seconds: 2100.456,
        memory_average: 3.1 * gib,
        memory_peak: 5.257 * gib,
        memory_limit: 8 * gib,
        gpus: [gpu('0', 71.23), gpu('1', 40)],
      },
      {
        node: 'n10',
        cpu_seconds: null,
        memory_average: null,
        memory_peak: 2 * gib,
        memory_limit: null,
        gpus: [{ index: '3', utilisation_percent: null, memory_percent: null, power_watts: null }],
      },
    ],
    cpu_seconds: 3578.954,
    allocated_cpu_seconds: 28_800,
    cpu_percent: 12.43,
  },
};

/** A job that ran twice. Less of it was measured. */
export const requeuedJob: z.infer<typeof jobSchema> = {
  cluster: 'casper',
  job_id: '4709',
  runs: [{ ...run, job_id: '4709', state: 'NODE_FAIL', gpu_hours: 0, gpus: 0 }, cancelled],
  measured: {
    software: [{ path: 'sh', user_seconds: 5, system_seconds: 2 }],
    untracked: null,
    nodes: [
      {
        node: 'n5',
        cpu_seconds: 7,
        memory_average: 5 * gib,
        memory_peak: null,
        memory_limit: null,
        gpus: [gpu('0', 33.26)],
      },
    ],
    cpu_seconds: 0,
    allocated_cpu_seconds: null,
    cpu_percent: null,
  },
};

/** The tasks of an array, none of which was sampled. */
export const arrayJob: z.infer<typeof jobSchema> = {
  cluster: 'casper',
  job_id: '4712',
  runs: [
    { ...run, job_id: '4712_2', cpus: 12 },
    { ...run, job_id: '4712_10', submit: '2026-11-26T20:00:05Z', cpus: 24, start: null, wait_hours: 0.25 },
    { ...cancelled, job_id: '4712', cpus: 36, cpu_hours: 77.5 },
  ],
  measured: null,
};

/** A job whose record has not come. */
export const runningJob: z.infer<typeof jobSchema> = { cluster: 'casper', job_id: '99', runs: [], measured: null };

/** Returns the wait that a job can expect. */
export function waitOf(query: URLSearchParams): z.infer<typeof expectedWaitSchema> {
  const [cluster = '', partition = '', cpus = ''] = ['cluster', 'partition', 'cpus'].map(
    (name) => query.get(name) ?? '',
  );
  const known = { cluster, partition, size: `about ${cpus}`, days: 28, reason: null };
  if (cpus === '8') return { ...known, queued: 12, jobs: 321, median_hours: 0.4, p90_hours: 60.5 };
  if (cpus === '32') return { ...known, queued: null, jobs: 4, median_hours: null, p90_hours: null };
  if (cpus === '128')
    return { ...known, queued: null, jobs: 5, median_hours: 3, p90_hours: null, reason: 'No reason.' };
  return { ...known, queued: null, jobs: 87, median_hours: 0.004, p90_hours: 5.5 };
}

const lost = (first: number) => ({
  jobs: first,
  cpu_hours: first * 1000.5,
  gpu_hours: first * 3.5,
  node_hours: first * 7,
});
const costly = { title: '', severity: '', component: null, start_time: '', end_time: null };

/** What jobs lost in outages; 33 ended none. */
export const outageCosts: z.infer<typeof outageCostsSchema> = {
  cluster: 'casper',
  outages: [
    { ...costly, outage_id: 32, cost: { node_fail: lost(0), failed_or_cancelled: { ...lost(1), gpu_hours: 0 } } },
    { ...costly, outage_id: 31, cost: { node_fail: lost(23), failed_or_cancelled: { ...lost(4), gpu_hours: 0 } } },
    { ...costly, outage_id: 33, cost: { node_fail: lost(0), failed_or_cancelled: lost(0) } },
    { ...costly, outage_id: 26, cost: null },
  ],
};
