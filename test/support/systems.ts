import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { type Config, loadConfig, loadSystem } from '../../src/config/load.ts';
import type { System } from '../../src/config/system.ts';
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

/** The configuration that these files and this environment make. */
export function configOf(
  files: Readonly<Record<string, string>> = {},
  environment: Record<string, string> = {},
): Config {
  return withConfigDirectory(files, (directory) => loadConfig(directory, { HOME: '/nowhere', ...environment }));
}

/** The system that these settings make, in `<name>.yaml`; a built-in one where there are none. */
export function systemOf(name: string, settings: object = {}, environment: Record<string, string> = {}): System {
  const files = { [`${name}.yaml`]: stringify(settings) };
  return withConfigDirectory(files, (directory) =>
    loadSystem(name, loadConfig(directory, { HOME: '/nowhere', ...environment })),
  );
}

/** A system with nothing but PBS: no login nodes, filesystems or queues of its own. */
export function plainSystem(name: string, settings: object = {}): System {
  return systemOf(name, { pbs_host: name, ...settings });
}

/** A built-in system of which only PBS is asked. */
export function withoutHosts(name: string): System {
  return systemOf(name, { login_nodes: [], filesystems: [] });
}
