import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** The longest time for a directory to answer, in seconds. It is longer than an automatic mount takes. */
export const patience = 15;

const unanswered = new Set<string>();

/**
 * Returns the files whose directory does not answer within `patience`, for example because its file server is down. A
 * synchronous call on such a directory would block the process, its time limits and its signal handlers.
 */
export async function hangingFiles(files: readonly string[]): Promise<ReadonlySet<string>> {
  const deadline = Promise.withResolvers<void>();
  const timer = setTimeout(deadline.resolve, patience * 1000);
  const directories = new Set(files.map((file) => dirname(file)));
  await Promise.race([Promise.all([...directories].map(ask)), deadline.promise]);
  clearTimeout(timer);
  return new Set(files.filter((file) => unanswered.has(dirname(file))));
}

/** True if a call on a directory still hangs. It keeps the process alive until `process.exit`. */
export function isHanging(): boolean {
  return unanswered.size > 0;
}

async function ask(directory: string): Promise<void> {
  unanswered.add(directory);
  try {
    // Not stat, which the attribute cache of a network filesystem can answer.
    await statfs(directory);
  } catch {
    // An error is an answer: opening the file reports it.
  } finally {
    unanswered.delete(directory);
  }
}
