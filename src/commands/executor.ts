import { hostname } from 'node:os';
import type { System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import { createExecutor } from '../exec/executor.ts';
import { defaultSearchPath } from '../exec/search-path.ts';

/** What starts a system's commands for real, as its configuration says. */
export function executorFor(system: System): Executor {
  return createExecutor({
    environment: process.env,
    connectTimeoutSeconds: system.timeouts.connect,
    searchPath: system.search_path ?? defaultSearchPath,
    hostName: hostname(),
    ...(system.ssh_config === undefined ? {} : { configFile: system.ssh_config }),
  });
}
