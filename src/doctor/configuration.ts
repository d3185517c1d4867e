import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Examined } from '../config/check.ts';
import { type ConfigProblem, problemText } from '../config/problem.ts';
import { samVariables } from '../config/sam.ts';
import { counted } from '../lib/text.ts';
import { type CheckResult, fail, pass, skip, warn } from './finding.ts';

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

/** Checks that an address and credentials are set. A site that only exports jobs needs no status API. */
export function checkCredentials({ config }: Examined, named: readonly string[]): CheckResult {
  const { directory, sam, ingest, environment, collector } = config;
  const hasSystems = collector.systems.length + named.length > 0;
  const needsSam = hasSystems || ingest.baseUrl === null;
  const missing = [
    ...(needsSam && sam.baseUrl === null ? ['STATUS_API_URL'] : []),
    ...(needsSam && sam.credentials === null ? missingOf(environment) : []),
    ...(ingest.baseUrl !== null && ingest.apiKey === null ? ['INGEST_API_KEY'] : []),
  ];
  if (missing.length > 0) {
    const message = `${missing.join(' and ')} not set: nothing can be delivered`;
    return fail('credentials', message, `vi ${join(directory, 'env')}`);
  }
  const present = [
    ...(sam.credentials === null ? [] : [`user ${sam.credentials.user}, for ${sam.baseUrl}`]),
    ...(ingest.baseUrl === null ? [] : [`a key for ${ingest.baseUrl}`]),
  ];
  return pass('credentials', present.join('; '));
}

function missingOf(environment: Readonly<Record<string, string | undefined>>): string[] {
  const has = (names: readonly string[]) => names.some((name) => environment[name] !== undefined);
  return [
    ...(has(samVariables.user) ? [] : ['STATUS_API_USER']),
    ...(has(samVariables.password) ? [] : ['STATUS_API_PASSWORD']),
  ];
}

/** Checks that `run` without a name has systems to collect. */
export function checkEnabled(
  { config: { directory, collector, ingest } }: Examined,
  named: readonly string[],
): CheckResult {
  const { systems } = collector;
  if (systems.length > 0) return pass('systems', `enabled: ${systems.join(', ')}`);
  if (named.length > 0) return skip('systems', 'no system is enabled; only the named systems are checked');
  if (ingest.baseUrl !== null) return skip('systems', 'no system is enabled: only finished jobs are exported');
  return warn('systems', 'no system is enabled', `vi ${join(directory, 'collector.yaml')}   # systems: [NAME]`);
}
