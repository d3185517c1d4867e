import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/** Safe bare in every login shell. Not among them: `=` (zsh and tcsh expand a leading one), `~` and `%`. */
const plain = /^[A-Za-z0-9_/.,:@+-]+$/;

/**
 * Ends a command, a line or a string in one shell or another; no quoting carries them through all of them. The unit
 * separator (U+001F) means nothing to any: it stands between the fields that Slurm is asked for.
 */
const refused = /[\u0000-\u001e\u007f]/;

/**
 * One argument as a word for a login shell that we do not choose: sshd hands the command to the user's own
 * shell, be it a POSIX sh, zsh or tcsh. Quoting twice carries an argument through two of them.
 *
 * tcsh expands `!` even inside single quotes, and with its `backslash_quote` set reads `\'` there as an
 * escape. So `'`, `!` and `\` stand outside the quotes, each behind a backslash, which all shells agree on.
 *
 * Throws an OperatorError for control characters (line breaks too) and for text that is not well-formed.
 */
export function quoteArgument(argument: string): string {
  if (refused.test(argument)) {
    throw new OperatorError(`A command's argument may not hold control characters: ${printable(argument)}`);
  }
  if (!argument.isWellFormed()) {
    throw new OperatorError(`A command's argument is not well-formed Unicode: ${printable(argument)}`);
  }
  if (plain.test(argument)) return argument;
  return `'${argument.replace(/['!\\]/g, (character) => `'\\${character}'`)}'`;
}

/** An argument vector as one line for a login shell. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(' ');
}
