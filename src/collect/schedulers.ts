import type { BatchSystem, Scheduler } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import type { SchedulerProbes } from '../lib/records.ts';
import { pbsProbes } from '../pbs/probes.ts';
import { slurmProbes } from '../slurm/probes.ts';

const probes: Readonly<Record<Scheduler, (system: BatchSystem, executor: Executor) => SchedulerProbes>> = {
  pbs: pbsProbes,
  slurm: slurmProbes,
};

/** How a system's scheduler is asked: the one place that looks which it is. */
export function schedulerProbes(system: BatchSystem, executor: Executor): SchedulerProbes {
  return probes[system.scheduler](system, executor);
}
