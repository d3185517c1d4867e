import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';

/**
 * Returns a word of a file that is read line by line. Throws OperatorError if it has a control character in it: a line break
 * would begin a line of its own, which systemd or logrotate obeys.
 */
export function onOneLine(word: string): string {
  if (!/\p{Cc}/u.test(word)) return word;
  throw new OperatorError(`'${printable(word, 200)}' has a line break or another control character in it: rename it`);
}
