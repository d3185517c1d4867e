import { searchPath } from './search-path.ts';

/**
 * The variables that a command inherits, here and on other hosts. All others are dropped: our credentials
 * (`STATUS_API_*`), variables that make a compiled program run foreign code (`BUN_OPTIONS`, `BUN_BE_BUN`), and variables
 * that change the output of a program (`LANG`, `COLUMNS`, `SLURM_TIME_FORMAT`, `SQUEUE_FORMAT`, `SQUEUE_STATES`).
 *
 * TZ is neither inherited nor set. PBS prints reservation times in the time zone of its client. Our parser reads them in
 * the zone that the system's file sets, which is the zone of the machine. Another TZ would shift them.
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
 * Returns the whole environment of a command on this host: the inherited variables, PATH with the search directories
 * appended, `LC_ALL=C` because parsers read English, and the variables that the configuration sets.
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
