import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { print } from '../lib/output.ts';
import { codeOf } from '../lib/sqlite.ts';

/** Characters written at once; no more is held in memory for a slow reader. */
const chunkCharacters = 64 * 1024;

/** Prints lines in chunks, at the speed of the reader. */
export function printLines(lines: Iterable<string>): void {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < chunkCharacters) continue;
    print(text);
    text = '';
  }
  print(text);
}

/** Writes lines to a new private file; when this returns, they are on disk. Throws OperatorError. */
export function writeLines(file: string, lines: Iterable<string>): void {
  try {
    const descriptor = openSync(file, 'wx', 0o600);
    try {
      for (const line of lines) writeSync(descriptor, `${line}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    const what = codeOf(error) === 'EEXIST' ? 'it exists already; name another file' : messageOf(error);
    throw new OperatorError(`cannot write ${file}: ${what}`, { cause: error });
  }
}
