import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { codeOf } from '../lib/sqlite.ts';

/** Text written together; more is not kept in memory while a slow reader reads. */
const chunkCharacters = 64 * 1024;

/**
 * Prints lines as they come, no faster than they are read. A reader that has enough ends it without a word; where they
 * cannot be written it throws OperatorError.
 */
export async function printLines(lines: Iterable<string>): Promise<void> {
  let text = '';
  for (const line of lines) {
    text += `${line}\n`;
    if (text.length < chunkCharacters) continue;
    if (!(await print(text))) return;
    text = '';
  }
  if (text !== '') await print(text);
}

/** False where nobody reads any more. */
function print(text: string): Promise<boolean> {
  // Without a listener the stream's own error, which comes beside the one below, would be a bug's.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => {});
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => {
      if (!error) resolve(true);
      else if (codeOf(error) === 'EPIPE') resolve(false);
      else reject(new OperatorError(`cannot write the output: ${messageOf(error)}`, { cause: error }));
    });
  });
}

/** Writes lines into a new file for its owner only; when it returns they are on disk. Throws OperatorError. */
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
    const what = codeOf(error) === 'EEXIST' ? 'it is there already; name another file' : messageOf(error);
    throw new OperatorError(`cannot write ${file}: ${what}`, { cause: error });
  }
}
