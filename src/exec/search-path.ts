import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/**
 * Where schedulers and system programs usually live. Cron's PATH is `/usr/bin:/bin`, and a non-interactive ssh
 * login has no modules loaded either, so programs are looked for here after PATH, on both sides.
 */
export const defaultSearchDirectories: readonly string[] = [
  '/opt/pbs/bin',
  '/opt/slurm/bin',
  '/opt/slurm/default/bin',
  '/usr/local/slurm/bin',
  '/usr/slurm/bin',
  '/usr/lpp/mmfs/bin',
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
];

/** What a PATH is when there is none: the one that cron uses. */
const fallbackPath = '/usr/bin:/bin';

/**
 * The PATH for a command on this host: the given one, then the search directories, each once. Entries that are
 * empty or relative are dropped: they mean the current directory, from which nothing may be run.
 */
export function searchPath(path: string | undefined, directories: readonly string[]): string {
  const inherited = (path ?? fallbackPath).split(':').filter((entry) => entry.startsWith('/'));
  return [...new Set([...inherited, ...checked(directories)])].join(':');
}

/** The search directories as they are appended to the PATH of another host. */
export function joinedDirectories(directories: readonly string[]): string {
  return checked(directories).join(':');
}

function checked(directories: readonly string[]): readonly string[] {
  const bad = directories.find((directory) => !directory.startsWith('/') || directory.includes(':'));
  if (bad !== undefined) {
    throw new OperatorError(
      `A directory in which programs are looked for must be absolute and without colon: ${printable(bad)}`,
    );
  }
  return directories;
}
