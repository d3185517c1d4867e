import type { BatchSystem, Scheduler } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import type { SchedulerProbes } from '../lib/records.ts';
import { pbsProbes } from '../pbs/probes.ts';
import { slurmProbes } from '../slurm/probes.ts';

const probes: Readonly<Record<Scheduler, (system: BatchSystem, executor: Executor) => SchedulerProbes>> = {
  pbs: pbsProbes,
  slurm: slurmProbes,
};

/** Returns the probes of a system's scheduler. This is the only place that distinguishes schedulers. */
export function schedulerProbes(system: BatchSystem, executor: Executor): SchedulerProbes {
  return probes[system.scheduler](system, executor);
}
