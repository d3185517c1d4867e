import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from './needs.ts';
import { run } from './run.ts';

/**
 * Runs a shell script where some of the host's directories are others: what is installed into them by root is not
 * installed on the machine that tests. `places` are the host's directories; each is a folder of `directory`.
 */
export function inOwnSystem(directory: string, places: readonly string[], script: string): string[] {
  const mounts = places.map((place) => {
    const own = join(directory, place);
    mkdirSync(own, { recursive: true });
    return `mount --bind '${own}' '${place}'`;
  });
  return ['unshare', '--mount', '/bin/sh', '-c', `set -e; ${[...mounts, script].join('; ')}`];
}

export const isOwnSystemPossible =
  process.getuid?.() === 0 && run(['unshare', '--mount', 'mount', '--bind', '/var/tmp', '/var/tmp']).exit === 0;

/** A test that does so. */
export const onOwnSystem = needsThat(isOwnSystemPossible, 'root and the right to mount');
