import { basename } from 'node:path';
import { printable } from '../lib/text.ts';
import type { Command, Ending } from './command.ts';
import { describeCommand } from './command.ts';
import { unreachableLine } from './ssh-ending.ts';

/** Returns in one line why a command failed; null if it exited with 0. */
export function failureOf(command: Command, ending: Ending): string | null {
  const what = describeCommand(command);
  switch (ending.kind) {
    case 'exited':
      return ending.code === 0 ? null : `${what} exited with ${ending.code}${reasonIn(ending.stderr, command)}`;
    case 'killed':
      return `${what} was killed by ${ending.signal}${reasonIn(ending.stderr, command)}`;
    case 'timed-out':
      return `${what} did not end within ${ending.seconds} s`;
    case 'output-too-large':
      return `${what} printed more than ${ending.limitBytes} bytes`;
    case 'not-found':
      return `${what}: there is no ${ending.program} in PATH or search_path`;
    case 'unreachable':
      return `${what}: ${unreachableOf(ending)}`;
    case 'cut-off':
      return `${what}: the output was cut off, ssh ended before the command${reasonIn(ending.stderr, command)}`;
    case 'not-recorded':
      return `${what} is not recorded`;
  }
}

/** Returns which host could not be reached and why; undefined if the host was reached. All commands on that host fail alike. */
export function unreachableOf(ending: Ending): string | undefined {
  if (ending.kind !== 'unreachable') return undefined;
  const { host, reason, stderr } = ending;
  return `ssh to ${host}: ${reason}${behindColon(unreachableLine(stderr) ?? lastLine(stderr))}`;
}

/**
 * Returns the lines of standard error that the program itself printed: those that begin with its name, or with `slurm_` as
 * messages of Slurm's library do. Omits lines of wrappers and start files (`mesg: ttyname failed`).
 */
export function ownWords(command: Command, stderr: string): readonly string[] {
  const name = basename(programOf(command.argv));
  return linesOf(stderr).filter((line) => {
    const [first = ''] = line.split(/[:\s]/, 1);
    return basename(first) === name || /^slurm_\w/.test(line);
  });
}

/** Returns a colon and the line of standard error with the reason. Other lines may follow that one in the text. */
function reasonIn(stderr: string, command: Command): string {
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

/** Returns the program that runs: if env(1) starts it, the program that env(1) starts. */
function programOf([program, ...rest]: Command['argv']): string {
  return program === 'env' ? (rest.find((word) => !word.includes('=')) ?? program) : program;
}
