import { writeSync } from 'node:fs';
import { messageOf, OperatorError } from './errors.ts';
import { codeOf } from './sqlite.ts';

/** The reader of standard output has closed it, as `head` does. The program ends without a message. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/**
 * Writes to standard output at the speed of its reader. Does not use `process.stdout`, because its set-up costs 20 ms
 * at each start. Throws OutputClosed if the reader has closed it, and OperatorError if writing fails.
 */
export function print(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    if (codeOf(error) === 'EPIPE') throw new OutputClosed();
    throw new OperatorError(`cannot write to standard output: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes to standard error. A closed standard error must not stop a collection. */
export function complain(text: string): void {
  try {
    writeAll(2, text);
  } catch {
    // Nothing can be reported without standard error.
  }
}

function writeAll(descriptor: number, text: string): void {
  let bytes: Uint8Array = Buffer.from(text, 'utf8');
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      // Another program that shares the pipe can have made it non-blocking.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Bun.sleepSync(5);
    }
  }
}
