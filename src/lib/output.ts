import { writeSync } from 'node:fs';
import { messageOf, OperatorError } from './errors.ts';
import { codeOf } from './sqlite.ts';

/** Whoever read standard output has enough, as `head` has: the program ends without a word. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/**
 * Writes text to standard output, no faster than it is read. Not by `process.stdout`: setting that up costs 20 ms of each
 * start. Throws OutputClosed where nobody reads any more, and OperatorError where it cannot be written.
 */
export function print(text: string): void {
  try {
    writeAll(1, text);
  } catch (error) {
    if (codeOf(error) === 'EPIPE') throw new OutputClosed();
    throw new OperatorError(`cannot write to standard output: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes text to standard error. That it went away must not cost a collection. */
export function complain(text: string): void {
  try {
    writeAll(2, text);
  } catch {
    // There is nobody left to tell.
  }
}

function writeAll(descriptor: number, text: string): void {
  let bytes: Uint8Array = Buffer.from(text, 'utf8');
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(descriptor, bytes));
    } catch (error) {
      // Another program that shares the pipe may have set it so.
      if (codeOf(error) !== 'EAGAIN') throw error;
      Bun.sleepSync(5);
    }
  }
}
