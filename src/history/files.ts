import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the lock file of a cluster's export, beside the outbox; only one process exports a cluster at a time. */
export function historyLockFile(outbox: string, cluster: string): string {
  return `${outbox}.history-${cluster}-lock`;
}

/** Returns the file for the batches of an export. It exists only until it is opened and unlinked. */
export function gatheringFile(outbox: string, cluster: string): string {
  return `${outbox}.history-${cluster}-gathered`;
}

/**
 * Returns a unique file for the batches of a preview, which holds no lock: beside the outbox, or in the directory for
 * temporary files if there is no outbox.
 */
export function previewFile(outbox: string | null): string {
  return `${outbox ?? join(tmpdir(), 'hpc-collector')}.history-preview-${Bun.randomUUIDv7()}`;
}
