import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/**
 * Characters that need no quotes in any login shell. `=` is not among them (zsh and tcsh expand a leading one), nor are
 * `~` and `%`.
 */
const plain = /^[A-Za-z0-9_/.,:@+-]+$/;

/**
 * Characters that end a command, a line or a string in some shell; no quoting protects them in all shells. The unit
 * separator (U+001F) is harmless in all: it separates the fields of Slurm output.
 */
const refused = /[\u0000-\u001e\u007f]/;

/**
 * Quotes one argument as a word for an unknown login shell: sshd passes the command to the user's own shell, which can
 * be a POSIX sh, zsh or tcsh. Quote twice for two shells. tcsh expands `!` even inside single quotes, and with
 * `backslash_quote` it reads `\'` there as an escape. Therefore `'`, `!` and `\` are written outside the quotes, each
 * after a backslash, which all shells understand. Throws OperatorError for control characters (including line breaks)
 * and for text that is not well-formed.
 */
export function quoteArgument(argument: string): string {
  if (refused.test(argument)) {
    throw new OperatorError(`A command's argument must not contain control characters: ${printable(argument)}`);
  }
  if (!argument.isWellFormed()) {
    throw new OperatorError(`A command's argument is not well-formed Unicode: ${printable(argument)}`);
  }
  if (plain.test(argument)) return argument;
  return `'${argument.replace(/['!\\]/g, (character) => `'\\${character}'`)}'`;
}

/** Quotes an argument vector as one line for a login shell. */
export function quoteCommand(argv: readonly string[]): string {
  return argv.map(quoteArgument).join(' ');
}
