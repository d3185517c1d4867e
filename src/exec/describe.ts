import { printable } from '../lib/text.ts';
import type { Command, Ending } from './command.ts';
import { describeCommand } from './command.ts';

/** Why a command did not do what was asked, for a person, in one line; null where it exited with 0. */
export function failureOf(command: Command, ending: Ending): string | null {
  const what = describeCommand(command);
  switch (ending.kind) {
    case 'exited':
      return ending.code === 0 ? null : `${what} exited with ${ending.code}${said(ending.stderr)}`;
    case 'killed':
      return `${what} was killed by ${ending.signal}${said(ending.stderr)}`;
    case 'timed-out':
      return `${what} did not end within ${ending.seconds} s`;
    case 'output-too-large':
      return `${what} printed more than ${ending.limitBytes} bytes`;
    case 'not-found':
      return `${what}: there is no ${ending.program} in PATH or search_path`;
    case 'unreachable':
      return `${what}: ${unreachableOf(ending)}`;
    case 'not-recorded':
      return `${what} is not recorded`;
  }
}

/** Which host could not be reached and why, which concerns every command there; undefined where one was. */
export function unreachableOf(ending: Ending): string | undefined {
  return ending.kind === 'unreachable' ? `ssh to ${ending.host}: ${ending.reason}${said(ending.stderr)}` : undefined;
}

/** The last line of standard error that says anything, behind a colon. */
function said(stderr: string): string {
  const line = stderr.trim().split('\n').at(-1)?.trim();
  return line ? `: ${printable(line, 300)}` : '';
}
