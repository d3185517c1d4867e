import type { Executor } from './command.ts';
import { commandEnvironment } from './environment.ts';
import { startLocal } from './local.ts';
import { startOverSsh } from './ssh.ts';
import { hopsOf, type SshOptions } from './ssh-arguments.ts';

/** What a real executor needs to know. */
export type ExecutorOptions = SshOptions & {
  /** What commands inherit from, by the allowlist; `process.env` in the program. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * What starts commands for real: here if the command's host is this one, otherwise over ssh. `start` throws an
 * OperatorError for a host or an argument that may not be passed to ssh; all else is an ending.
 */
export function createExecutor(options: ExecutorOptions): Executor {
  const environment = commandEnvironment(options.environment, options.searchPath, options.variables);
  return {
    start(command) {
      const hops = hopsOf(command, options.hostName);
      if (hops.length === 0) return startLocal({ ...command, environment });
      return startOverSsh(command, hops, environment, options);
    },
  };
}
