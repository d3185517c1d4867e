import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/**
 * Where schedulers and system programs usually are. The PATH of cron is `/usr/bin:/bin`, and a non-interactive ssh
 * login loads no modules, so programs are searched here after PATH, on both sides.
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

/** The PATH if none is set, as in cron. */
const fallbackPath = '/usr/bin:/bin';

/**
 * Returns the PATH for a command on this host: the given one, then the search directories, each once. Drops empty and
 * relative entries: they mean the current directory, and programs must never be run from there.
 */
export function searchPath(path: string | undefined, directories: readonly string[]): string {
  const inherited = (path ?? fallbackPath).split(':').filter((entry) => entry.startsWith('/'));
  return [...new Set([...inherited, ...checked(directories)])].join(':');
}

/** Joins the search directories to append them to the PATH of another host. */
export function joinedDirectories(directories: readonly string[]): string {
  return checked(directories).join(':');
}

function checked(directories: readonly string[]): readonly string[] {
  const bad = directories.find((directory) => !directory.startsWith('/') || directory.includes(':'));
  if (bad !== undefined) {
    throw new OperatorError(`A search directory must be an absolute path without a colon: ${printable(bad)}`);
  }
  return directories;
}
