import { readFileSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';

/**
 * Reads a PEM file of certificate authorities. `setting` is the name of the setting, for errors. Throws OperatorError
 * if the file has no certificate.
 */
export function readAuthority(file: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(`cannot read ${setting} ${file}: ${messageOf(error)}`, { cause: error });
  }
  try {
    // Bun accepts any text here and fails only when it connects, so parse the certificate now.
    const { X509Certificate } = process.getBuiltinModule('node:crypto');
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new OperatorError(`${setting} ${file} has no certificate in PEM form: set it to a file that has one`, {
      cause: error,
    });
  }
}
