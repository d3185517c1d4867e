import { exitCodes, messageOf } from '../lib/errors.ts';

/**
 * Ends quietly where the reader of standard output has enough (`outbox ls | head`), as programs do that SIGPIPE ends, and
 * loudly where it cannot be written. Standard error may go away: that must not cost a collection.
 */
export function surviveClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    // 128 and the signal's number, as shells report it.
    if (error.code === 'EPIPE') process.exit(128 + 13);
    process.stderr.write(`hpc-collector: cannot write to standard output: ${messageOf(error)}\n`);
    process.exit(exitCodes.fatal);
  });
  process.stderr.on('error', () => {});
}
