import { existsSync } from 'node:fs';
import { parseCount, parseCounters } from '../proc/counters.ts';
import { type Machine, textOf } from './machine.ts';
import type { JobProcess } from './processes.ts';

/** The directories of a job's control groups: those of the whole job, and those of its parts. */
export type JobGroups = {
  /** The job's directory in the hierarchy of version 2; null without one. */
  readonly unified: string | null;
  /** The job's directory for each controller of version 1. */
  readonly byController: ReadonlyMap<string, string>;
};

export const noGroups: JobGroups = { unified: null, byController: new Map() };

/**
 * Returns the control groups of a job. Keeps those of an earlier search, because the groups can exist a little longer
 * than the processes in them.
 */
export function groupsOfJob(machine: Machine, processes: readonly JobProcess[], earlier: JobGroups): JobGroups {
  let unified = earlier.unified;
  const byController = new Map(earlier.byController);
  for (const { controllers, job } of processes.flatMap(({ groups }) => groups)) {
    const bases = controllers.length === 0 ? ['', '/unified'] : [`/${controllers.join(',')}`, `/${controllers[0]}`];
    const directory = bases
      .map((base) => `${machine.controlGroups}${base}${job.path}`)
      .find((path) => existsSync(path));
    if (directory === undefined) continue;
    if (controllers.length === 0) unified = directory;
    else for (const controller of controllers) byController.set(controller, directory);
  }
  return { unified, byController };
}

/** CPU time in seconds. */
export type CpuTime = { readonly user: number; readonly system: number };

/**
 * Returns the CPU time of all processes that a job ever had on this host, short-lived ones too: `cpu.stat` of version 2,
 * `cpuacct.usage` and `cpuacct.stat` of version 1 (cgroups(7)). Null if the job's groups do not count CPU time.
 */
export function cpuTimeOf({ unified, byController }: JobGroups): CpuTime | null {
  const counted = parseCounters((unified && textOf(`${unified}/cpu.stat`)) ?? '');
  const [user, system] = [counted.get('user_usec'), counted.get('system_usec')];
  if (user !== undefined && system !== undefined) return { user: user / 1e6, system: system / 1e6 };
  const directory = byController.get('cpuacct');
  const nanoseconds = parseCount((directory && textOf(`${directory}/cpuacct.usage`)) ?? '');
  const ticks = parseCounters((directory && textOf(`${directory}/cpuacct.stat`)) ?? '');
  if (nanoseconds === null) return null;
  // The ticks miss processes that run for less than one, so that only their ratio is right.
  const [userTicks = 0, systemTicks = 0] = [ticks.get('user'), ticks.get('system')];
  const share = userTicks + systemTicks === 0 ? 1 : userTicks / (userTicks + systemTicks);
  return { user: (nanoseconds / 1e9) * share, system: (nanoseconds / 1e9) * (1 - share) };
}
