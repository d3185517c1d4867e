import { userInfo } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where the configuration lies unless `--config` says so: `/etc/hpc-collector` for root, else the XDG directory. */
export function defaultConfigDirectory(environment: Environment): string {
  return directory(environment, 'XDG_CONFIG_HOME', '.config', '/etc/hpc-collector');
}

/** Where a user's programs have their configuration: the XDG directory itself. */
export function userConfigHome(environment: Environment): string {
  const named = environment.XDG_CONFIG_HOME;
  return named?.startsWith('/') ? named : join(homeDirectory(environment, 'XDG_CONFIG_HOME'), '.config');
}

/** Where the outbox and the log lie: `/var/lib/hpc-collector` for root, else the XDG state directory. */
export function defaultStateDirectory(environment: Environment): string {
  return directory(environment, 'XDG_STATE_HOME', '.local/state', '/var/lib/hpc-collector');
}

/** Where snapshots are kept that the outbox cannot take: seldom on the same filesystem, and there after a reboot. */
export function defaultFallbackDirectory(): string {
  return `/var/tmp/hpc-collector-${process.getuid?.() ?? 0}`;
}

/** XDG Base Directory Specification: a relative path in the variable is invalid and ignored. */
function directory(environment: Environment, variable: string, underHome: string, forRoot: string): string {
  const base = environment[variable];
  if (base?.startsWith('/')) return join(base, 'hpc-collector');
  if (process.getuid?.() === 0) return forRoot;
  return join(homeDirectory(environment, variable), underHome, 'hpc-collector');
}

function homeDirectory(environment: Environment, variable: string): string {
  if (environment.HOME) return environment.HOME;
  try {
    return userInfo().homedir;
  } catch (error) {
    // There is no passwd entry in some containers.
    throw new OperatorError(`cannot tell your home directory: set HOME or ${variable}`, { cause: error });
  }
}
