import { basename } from 'node:path';
import { printable } from '../lib/text.ts';
import type { Command, Ending } from './command.ts';
import { describeCommand } from './command.ts';
import { unreachableLine } from './ssh-ending.ts';

/** Why a command did not do what was asked, for a person, in one line; null where it exited with 0. */
export function failureOf(command: Command, ending: Ending): string | null {
  const what = describeCommand(command);
  switch (ending.kind) {
    case 'exited':
      return ending.code === 0 ? null : `${what} exited with ${ending.code}${said(ending.stderr, command)}`;
    case 'killed':
      return `${what} was killed by ${ending.signal}${said(ending.stderr, command)}`;
    case 'timed-out':
      return `${what} did not end within ${ending.seconds} s`;
    case 'output-too-large':
      return `${what} printed more than ${ending.limitBytes} bytes`;
    case 'not-found':
      return `${what}: there is no ${ending.program} in PATH or search_path`;
    case 'unreachable':
      return `${what}: ${unreachableOf(ending)}`;
    case 'cut-off':
      return `${what}: the output was cut off, ssh ended before the command${said(ending.stderr, command)}`;
    case 'not-recorded':
      return `${what} is not recorded`;
  }
}

/** Which host could not be reached and why, which concerns every command there; undefined where one was. */
export function unreachableOf(ending: Ending): string | undefined {
  if (ending.kind !== 'unreachable') return undefined;
  const { host, reason, stderr } = ending;
  return `ssh to ${host}: ${reason}${behindColon(unreachableLine(stderr) ?? lastLine(stderr))}`;
}

/**
 * The lines of standard error that are the program's own: those that begin with its name, or with `slurm_` as messages of
 * Slurm's library do. What wrappers and start files print (`mesg: ttyname failed`) is not among them.
 */
export function ownWords(command: Command, stderr: string): readonly string[] {
  const name = basename(programOf(command.argv));
  return linesOf(stderr).filter((line) => {
    const [first = ''] = line.split(/[:\s]/, 1);
    return basename(first) === name || /^slurm_\w/.test(line);
  });
}

/** The line of standard error that states the reason, behind a colon: hints and noise may follow it. */
function said(stderr: string, command: Command): string {
  return behindColon(ownWords(command, stderr).at(-1) ?? lastLine(stderr));
}

function behindColon(line: string): string {
  return line === '' ? '' : `: ${printable(line, 300)}`;
}

function lastLine(text: string): string {
  return linesOf(text).at(-1) ?? '';
}

function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The program itself, where env(1) starts it. */
function programOf([program, ...rest]: Command['argv']): string {
  return program === 'env' ? (rest.find((word) => !word.includes('=')) ?? program) : program;
}
