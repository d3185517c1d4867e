import { quoteCommand } from '../exec/quote.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { blockOf } from './block.ts';
import { argumentsOf, type Installation, staggered } from './installation.ts';

/** The jobs that cron starts besides `health`. */
export type CronTasks = { readonly runs: boolean; readonly exportsJobs: boolean };

const runsOnly: CronTasks = { runs: true, exportsJobs: false };

/**
 * Returns our lines of a crontab(5): `run` every five minutes, starting at a minute that differs between hosts, `jobs
 * export` at 2 in the night, and `health` once an hour. `mailTo` is the address for their output, which is empty while
 * all is well. Throws OperatorError for an invalid address.
 */
export function cronBlock(installation: Installation, mailTo: string, { runs, exportsJobs } = runsOnly): string {
  if (!/^[A-Za-z0-9._%+@,-]*$/.test(mailTo)) {
    throw new OperatorError(`'${printable(mailTo, 60)}' is not a mail address: give --mailto NAME or NAME@HOST`);
  }
  return blockOf([
    '# Written by hpc-collector install cron --write; --remove removes it. Put other lines above, because MAILTO applies to all lines below it.',
    `MAILTO="${mailTo}"`,
    ...(runs ? [`${staggered(installation, 5)}-59/5 * * * * ${cronCommand(installation, 'run')}`] : []),
    ...(exportsJobs ? [`${staggered(installation, 60)} 2 * * * ${cronCommand(installation, 'jobs export')}`] : []),
    `${staggered(installation, 60)} * * * * ${cronCommand(installation, 'health')}`,
  ]);
}

/** Returns the address that gets the mail of lines at the end of a crontab; null if it is the user. */
export function mailToOf(crontab: string): string | null {
  const settings = [...crontab.matchAll(/^[ \t]*MAILTO[ \t]*=[ \t]*(.*?)[ \t]*$/gm)];
  return settings.at(-1)?.[1]?.replace(/^(["'])(.*)\1$/, '$2') ?? null;
}

/** Returns a command for crontab(5): any shell can run it, and cron reads an unescaped `%` as the end of the line. */
function cronCommand(installation: Installation, command: 'run' | 'health' | 'jobs export'): string {
  const variables = Object.entries(installation.environment).map(([name, value]) => `${name}=${value}`);
  const prefix = variables.length === 0 ? [] : ['env', ...variables];
  const line = quoteCommand([...prefix, installation.binary, ...argumentsOf(installation, command)]);
  return line.replaceAll('%', '\\%');
}
