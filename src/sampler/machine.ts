import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The places of the kernel's files on this host. Tests name copies of them. */
export type Machine = {
  /** `/proc` */
  readonly proc: string;
  /** `/sys/fs/cgroup`, where the hierarchies of control groups are mounted. */
  readonly controlGroups: string;
};

export const thisMachine: Machine = { proc: '/proc', controlGroups: '/sys/fs/cgroup' };

/** Clock ticks in a second, in which /proc counts CPU time (`USER_HZ`, time(7)): 100 on x86-64 and arm64. */
export const ticksPerSecond = 100;

/**
 * Returns the text of a file; null if it cannot be read. Processes end and control groups are removed between two
 * reads, and other users' processes can be hidden, so that no single file may stop the sampler.
 */
export function textOf(path: string): string | null {
  return orNull(() => readFileSync(path, 'utf8'));
}

/** Returns the target of a symbolic link; null if it cannot be read. */
export function targetOf(path: string): string | null {
  return orNull(() => readlinkSync(path));
}

/** Returns the ids of all processes that this user can see. */
export function processIds({ proc }: Machine): string[] {
  return (orNull(() => readdirSync(proc)) ?? []).filter((name) => /^\d+$/.test(name));
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch {
    return null;
  }
}
