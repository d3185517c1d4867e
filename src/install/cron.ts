import { quoteCommand } from '../exec/quote.ts';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { blockOf } from './block.ts';
import { argumentsOf, type Installation, staggered } from './installation.ts';

/**
 * Our lines of a crontab(5): `run` every five minutes, from a minute of this host's own, and `health` once an hour.
 * `mailTo` gets what they print: nothing as long as all is well. Throws OperatorError for an address that is none.
 */
export function cronBlock(installation: Installation, mailTo: string): string {
  if (!/^[A-Za-z0-9._%+@,-]*$/.test(mailTo)) {
    throw new OperatorError(`'${printable(mailTo, 60)}' is no address for mail: give --mailto NAME or NAME@HOST`);
  }
  return blockOf([
    '# Written by hpc-collector install cron --write; --remove takes it out. Lines of your own belong above: MAILTO.',
    `MAILTO="${mailTo}"`,
    `${staggered(installation, 5)}-59/5 * * * * ${cronCommand(installation, 'run')}`,
    `${staggered(installation, 60)} * * * * ${cronCommand(installation, 'health')}`,
  ]);
}

/** Who gets the mail of lines at the end of a crontab; null where nothing says so, and it is the user. */
export function mailToOf(crontab: string): string | null {
  const settings = [...crontab.matchAll(/^[ \t]*MAILTO[ \t]*=[ \t]*(.*?)[ \t]*$/gm)];
  return settings.at(-1)?.[1]?.replace(/^(["'])(.*)\1$/, '$2') ?? null;
}

/** A command of crontab(5): any shell may run it, and cron takes a bare `%` for the end of the line. */
function cronCommand(installation: Installation, command: 'run' | 'health'): string {
  const variables = Object.entries(installation.environment).map(([name, value]) => `${name}=${value}`);
  const prefix = variables.length === 0 ? [] : ['env', ...variables];
  const line = quoteCommand([...prefix, installation.binary, ...argumentsOf(installation, command)]);
  return line.replaceAll('%', '\\%');
}
