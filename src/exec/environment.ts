import { searchPath } from './search-path.ts';

/**
 * What a command inherits, here and on other hosts. All else is dropped: our own credentials (`STATUS_API_*`), what makes a compiled
 * program run foreign code (`BUN_OPTIONS`, `BUN_BE_BUN`), and what changes how a program prints (`LANG`,
 * `COLUMNS`, `SLURM_TIME_FORMAT`, `SQUEUE_FORMAT`, `SQUEUE_STATES`).
 *
 * TZ is neither inherited nor set. PBS prints reservation times in its client's zone, and our parser reads them
 * in the zone that the system's file names, which is the machine's own. A TZ of UTC, pinned here or exported by
 * a user, would shift them.
 */
export const inheritedVariables: readonly string[] = [
  'HOME',
  'USER',
  'LOGNAME',
  'SSH_AUTH_SOCK',
  'KRB5CCNAME',
  'PBS_CONF_FILE',
  'PBS_SERVER',
  'PBS_DEFAULT',
  'SLURM_CONF',
  'TMPDIR',
];

/**
 * The whole environment of a command on this host: the inherited variables, then those that the configuration sets, PATH
 * with the search directories behind it, and `LC_ALL=C`, since parsers read English.
 */
export function commandEnvironment(
  own: Readonly<Record<string, string | undefined>>,
  searchDirectories: readonly string[],
  configured: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const environment: Record<string, string> = { PATH: searchPath(own.PATH, searchDirectories), LC_ALL: 'C' };
  for (const name of inheritedVariables) {
    const value = own[name];
    if (value !== undefined) environment[name] = value;
  }
  return { ...environment, ...configured };
}
