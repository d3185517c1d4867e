import type { Scenario } from './scenario.ts';

/** The YAML of the scenario's cluster. */
export const statusSystem = `scheduler: slurm
node_rules:
  - { when: { resources: { gpu_type: v100 } }, class: gpu, type: mixed-gpus }
  - { when: { resources: { ngpus: { at_least: 1 } } }, class: gpu, type: other-gpus }
  - { when: { host: 'c00*' }, class: cpu, type: standard }
  - { class: cpu }
`;

/** The numbers of all jobs of the scenario. */
export function endedAndLiving({ ended, living }: Scenario): number[] {
  return [...Object.values(ended), ...Object.values(living)].flat();
}
