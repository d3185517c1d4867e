import type { Executor } from './command.ts';
import { commandEnvironment } from './environment.ts';
import { startLocal } from './local.ts';
import { startOverSsh } from './ssh.ts';
import { hopsOf, type SshOptions } from './ssh-arguments.ts';

/** Options of an executor that starts real commands. */
export type ExecutorOptions = SshOptions & {
  /** The environment from which commands inherit the allowed variables; `process.env` in the program. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

/**
 * Returns an executor that starts real commands: on this host if the command is for this host, otherwise over ssh.
 * `start` throws OperatorError if the host or an argument must not be passed to ssh. Every other failure is an ending.
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
