import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { systemLayers } from '../config/load.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { problemAt } from '../config/settings.ts';
import type { BatchSystem, System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import { sameHost } from '../exec/host-name.ts';
import { probeFilesystem } from '../host/probes.ts';

/** Timeout for one path, in seconds. */
const patience = 5;

/**
 * Returns a problem for each path of a system that does not exist on this host. Omits paths on other hosts, because they
 * need a login: `doctor` checks them.
 */
export async function missingPaths(
  system: System,
  config: Pick<Config, 'directory' | 'collector'>,
  executor: Executor,
  thisHost: string,
): Promise<ConfigProblem[]> {
  const layers = systemLayers(system.system_name, config);
  const at = (path: readonly (string | number)[], message: string) => problemAt(layers, path, message);
  const { ssh_config } = system;
  const ofSsh =
    ssh_config === undefined || existsSync(ssh_config) ? [] : [at(['ssh_config'], `${ssh_config} does not exist`)];
  if (system.kind !== 'batch' || !isHere(system, thisHost)) return ofSsh;
  const hurried = { ...system, timeouts: { ...system.timeouts, command: Math.min(patience, system.timeouts.command) } };
  // Check each path in another process, because a hung mount would block this one.
  const mounts = await Promise.all(
    system.filesystems.map(async ({ name, path }, index) => {
      const probed = await probeFilesystem(hurried, executor, path);
      if (probed.isMissing !== true) return [];
      return [at(name in system.mounts ? ['mounts', name] : ['filesystems', index], `${path} does not exist`)];
    }),
  );
  return [...ofSsh, ...mounts.flat()];
}

function isHere({ scheduler_host, hosts }: BatchSystem, thisHost: string): boolean {
  const isOurs = hosts?.some((host) => sameHost(host, thisHost)) ?? true;
  return isOurs && (scheduler_host === null || sameHost(scheduler_host, thisHost));
}
