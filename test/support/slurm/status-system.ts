import type { Scenario } from './scenario.ts';

/** The YAML of the scenario's cluster. */
export const statusSystem = `scheduler: slurm
node_rules:
  - { when: { resources: { gpu_type: v100 } }, class: gpu, type: mixed-gpus }
  - { when: { resources: { ngpus: { at_least: 1 } } }, class: gpu, type: other-gpus }
  - { when: { host: 'c00*' }, class: cpu, type: standard }
  - { class: cpu }
`;

/** The jobs of the scenario by number, but for the one that was cancelled while it was held: no window of time has it. */
export function endedAndLiving({ ended, living }: Scenario): number[] {
  const { cancelledBeforeStart, ...others } = ended;
  return [...Object.values(others), ...Object.values(living)].flat();
}
