import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Examined } from '../config/check.ts';
import { type DestinationSettings, exportsJobs } from '../config/destination-settings.ts';
import { variablesOf } from '../config/destinations.ts';
import type { Environment } from '../config/paths.ts';
import { type ConfigProblem, problemText } from '../config/problem.ts';
import { counted } from '../lib/text.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';
import type { UsedDestinations } from './used-destinations.ts';

/** Checks the configuration; one finding for each error. */
export function checkConfiguration({ exists, config, systems, problems }: Examined): CheckResult[] {
  const { directory } = config;
  if (problems.length > 0) {
    return problems.map((problem) => {
      return fail(
        'configuration',
        problemText(problem),
        /chmod \d+ \S+$/.exec(problem.words)?.[0] ?? remedyOf(problem),
      );
    });
  }
  if (!exists)
    return [warn('configuration', `there is no configuration in ${directory} yet`, 'hpc-collector config init')];
  return [pass('configuration', `${directory} is in order, with ${counted(systems.length, 'system')}`)];
}

function remedyOf({ file, line }: ConfigProblem): string {
  if (file === null) return 'hpc-collector config check';
  return line === null ? `vi ${file}` : `vi +${line} ${file}`;
}

/** Checks that others cannot read the file with the passwords. */
export function checkEnvFile({ config: { directory } }: Examined): CheckResult {
  const file = join(directory, 'env');
  const stat = statSync(file, { throwIfNoEntry: false });
  if (!stat) return skip('env file', `there is no ${file}`);
  const mode = (stat.mode & 0o777).toString(8);
  if ((stat.mode & 0o077) !== 0)
    return fail('env file', `other users can read ${file} (mode ${mode})`, `chmod 600 ${file}`);
  return pass('env file', `${file} has mode ${mode}`);
}

/** Checks that the address and the credentials of each used destination are set. */
export function checkCredentials(
  { config: { directory, environment } }: Examined,
  used: UsedDestinations,
): CheckResult {
  const missing = used.flatMap(([name, settings]) => missingOf(name, settings, environment));
  if (missing.length > 0) {
    const message = `${missing.join(' and ')} not set: nothing can be delivered`;
    return fail('credentials', message, `vi ${join(directory, 'env')}`);
  }
  const present = used.map(([, settings]) =>
    settings.kind === 'sam'
      ? `user ${settings.credentials?.user}, for ${settings.baseUrl}`
      : `${settings.apiKey === null ? 'no' : 'a'} key for ${settings.baseUrl}`,
  );
  return pass('credentials', present.join('; '));
}

/** Returns the variables of a destination to set. */
function missingOf(
  name: string,
  { kind, baseUrl, addressSetting }: DestinationSettings,
  environment: Environment,
): string[] {
  const { user, password, key } = variablesOf(name);
  // The original post receiver has no logins.
  const secrets = kind === 'sam' ? [user, password] : kind === 'ingest' ? [key] : [];
  return [
    ...(baseUrl === null ? [addressSetting] : []),
    ...secrets.flatMap((names) => (names.some((one) => environment[one] !== undefined) ? [] : [names[0]])),
  ];
}

/** Checks that `run` without a name has systems to collect. */
export function checkEnabled({ config }: Examined, named: readonly string[]): CheckResult {
  const { systems } = config.collector;
  if (systems.length > 0) return pass('systems', `enabled: ${systems.join(', ')}`);
  if (named.length > 0) return skip('systems', 'no system is enabled; only the named systems are checked');
  if (exportsJobs(config)) return skip('systems', 'no system is enabled: only finished jobs are exported');
  return warn('systems', 'no system is enabled', `vi ${join(config.directory, 'collector.yaml')}   # systems: [NAME]`);
}
