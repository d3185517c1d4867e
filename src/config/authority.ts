import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';

/** The PEM text of a file with certificate authorities; `setting` names it. Throws OperatorError where it has none. */
export function readAuthority(file: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${setting} ${file}: ${messageOf(error)}`, { cause: error });
  }
  try {
    // Bun takes any text, and then cannot open a connection.
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new OperatorError(`${setting} ${file} has no certificate in PEM form: give one that has`, {
      cause: error,
    });
  }
}
