import type { Cluster } from './cluster.ts';
import type { User } from './configuration.ts';

/** Free text as users and operators write it. */
export const awkwardTexts = [
  'a|b|c',
  `it's "quoted"`,
  'two\nlines',
  'tab\tbell\u0007escape\u001b[31m',
  'unit\u001fseparator',
  'größe 大',
  '   ',
  'n'.repeat(1024),
] as const;

/** Submits a script with options of sbatch; gives the job's number. */
export function submit(cluster: Cluster, user: User, script: string, ...options: string[]): number {
  const argv = ['sbatch', '--parsable', '--output=/dev/null', ...options, `--wrap=${script}`];
  return Number(cluster.run(argv, user));
}

/** The state of every job that the controller knows, by number; array tasks under the array's. */
export function statesOf(cluster: Cluster): ReadonlyMap<number, string> {
  const lines = cluster.run(['squeue', '--all', '--noheader', '--states=all', '--format=%A %T']).trim().split('\n');
  return new Map(lines.map((line) => line.split(' ')).map(([id, state = '']) => [Number(id), state]));
}
