import type { SamplerFactory } from '../sampler.ts';

/** Says which job on which node the data are of. */
export function coreSampler(job: number | string, node: string): SamplerFactory {
  const data = { jobid: job, node };
  return () => ({
    id: 'sams.sampler.Core',
    intervalSeconds: 60,
    isShortAtStart: false,
    sample: async () => data,
    final: () => data,
    state: () => null,
  });
}
