import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { HubSystem } from '../../src/config/hub.ts';
import { loadConfig, loadSystem } from '../../src/config/load.ts';
import type { BatchSystem, System } from '../../src/config/system.ts';
import { temporaryDirectory } from './files.ts';

/** Where the recordings are. */
export const fixtures = join(import.meta.dir, '../../fixtures');

/** Calls `use` with a configuration directory that holds these files, by name; it is removed afterwards. */
export function withConfigDirectory<T>(files: Readonly<Record<string, string>>, use: (directory: string) => T): T {
  const directory = temporaryDirectory();
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(directory.path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode: 0o600 });
    }
    return use(directory.path);
  } finally {
    directory.remove();
  }
}

/** The cluster that these settings make, in `<name>.yaml`; a built-in one where there are none. */
export function systemOf(name: string, settings: object = {}, environment: Record<string, string> = {}): BatchSystem {
  return asCluster(anySystemOf(name, settings, environment));
}

/** The hub that these settings make, with a token unless the environment has one. */
export function hubOf(settings: object = {}, environment: Record<string, string> = {}): HubSystem {
  const system = anySystemOf('jupyterhub', settings, { JUPYTERHUB_ADMIN_TOKEN: 'a-token', ...environment });
  if (system.kind !== 'hub') throw new Error(`${system.system_name} is no hub`);
  return system;
}

/** A system that is known to be a cluster. */
export function asCluster(system: System): BatchSystem {
  if (system.kind !== 'batch') throw new Error(`${system.system_name} is no cluster`);
  return system;
}

function anySystemOf(name: string, settings: object, environment: Record<string, string>): System {
  const files = { [`${name}.yaml`]: stringify(settings) };
  return withConfigDirectory(files, (directory) =>
    loadSystem(name, loadConfig(directory, { HOME: '/nowhere', ...environment })),
  );
}

/** A system with nothing but PBS: no login nodes, filesystems or queues of its own. */
export function plainSystem(name: string, settings: object = {}): BatchSystem {
  return systemOf(name, { pbs_host: name, ...settings });
}

/** A built-in system of which only PBS is asked. */
export function withoutHosts(name: string): BatchSystem {
  return systemOf(name, { login_nodes: [], filesystems: [] });
}
