/** Returns the lock file of a system's collection, beside the outbox; only one process collects a system at a time. */
export function collectLockFile(outbox: string, system: string): string {
  return `${outbox}.collect-${system}-lock`;
}
