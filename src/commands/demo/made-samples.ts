import type { DemoRequest } from './made-history.ts';

const programs = [
  '/sw/gromacs/2024.1/bin/gmx',
  '/sw/openfoam/11/bin/simpleFoam',
  '/usr/bin/python3.11',
  '/sw/lammps/2024.8/bin/lmp',
];
const sampledJobs = 20;

/**
 * Returns what samplers measured of the newest jobs on one node, for a receiver.
 * @param jobs made-up jobs, as the ingest API takes them
 */
export function madeSamples(jobs: readonly Readonly<Record<string, unknown>>[]): DemoRequest[] {
  return jobs
    .filter(({ AllocNodes }) => AllocNodes === 1)
    .slice(-sampledJobs)
    .map((job, index) => {
      const { JobID, NodeList: node, User, Account, AllocCPUS, AllocGPUS } = job;
      const [start = 0, end = 0] = [job.Start, job.End].map((time) => Math.floor(Date.parse(String(time)) / 1000));
      const used = Number(AllocCPUS) * (end - start) * (0.35 + 0.03 * index);
      const gib = 1024 ** 3;
      return {
        path: `/${JobID}/${JobID}.${node}.json`,
        body: {
          'sams.sampler.Core': { jobid: Number(JobID), node },
          'sams.sampler.SlurmInfo': { account: Account, username: User },
          'sams.sampler.SlurmCGroup2': {
            cpus: AllocCPUS,
            memory_usage_average: (4 + index) * gib,
            memory_max_usage: String((6 + index) * gib),
            memory_limit: String(64 * gib),
          },
          ...(AllocGPUS === 0
            ? {}
            : {
                'sams.sampler.NvidiaSMI': Object.fromEntries(
                  gpuIndexes(Number(AllocGPUS)).map((gpu) => [gpu, gpuUse(index + gpu)]),
                ),
              }),
          'sams.sampler.Software': {
            execs: {
              [programs[index % programs.length] ?? '']: { user: used * 0.95, system: used * 0.02 },
              '/usr/bin/bash': { user: 0.6, system: 0.4 },
            },
            untracked: { user: used * 0.03, system: 0 },
            start_time: start,
            end_time: end,
          },
        },
      };
    });
}

function gpuIndexes(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function gpuUse(seed: number) {
  const use = 40 + ((seed * 7) % 55);
  return { utilization_gpu_average: use, utilization_memory_average: use / 2, power_draw_average: 60 + 3 * use };
}
