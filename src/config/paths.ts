import { userInfo } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns the default configuration directory: `/etc/hpc-collector` for root, otherwise below the XDG directory. */
export function defaultConfigDirectory(environment: Environment): string {
  return directory(environment, 'XDG_CONFIG_HOME', '.config', '/etc/hpc-collector');
}

/** Returns the XDG configuration directory of the user. */
export function userConfigHome(environment: Environment): string {
  const named = environment.XDG_CONFIG_HOME;
  return named?.startsWith('/') ? named : join(homeDirectory(environment, 'XDG_CONFIG_HOME'), '.config');
}

/**
 * Returns the directory of the outbox and the log: `/var/lib/hpc-collector` for root, otherwise below the XDG state
 * directory.
 */
export function defaultStateDirectory(environment: Environment): string {
  return directory(environment, 'XDG_STATE_HOME', '.local/state', '/var/lib/hpc-collector');
}

/**
 * Returns the default directory for snapshots that the outbox cannot store. It is usually on another filesystem, and
 * survives a reboot.
 */
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
    // Some containers have no passwd entry.
    throw new OperatorError(`cannot determine your home directory: set HOME or ${variable}`, { cause: error });
  }
}
