import { statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The outbox's file in the state directory. */
export function outboxFile(stateDirectory: string): string {
  return join(stateDirectory, 'outbox.db');
}

/** True if there is a file. Throws the system's error if that cannot be told: `existsSync` says false to a failing disk. */
export function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}

/** The file whose lock the one drain of an outbox holds. */
export function drainLockFile(outbox: string): string {
  return `${outbox}.drain-lock`;
}

/** The file whose lock the one collection of a system holds. */
export function collectLockFile(outbox: string, system: string): string {
  return `${outbox}.collect-${system}-lock`;
}

/** The file whose lock the one export of a cluster's job history holds. */
export function historyLockFile(outbox: string, cluster: string): string {
  return `${outbox}.history-${cluster}-lock`;
}

/** Where the lock's holder gathers finished jobs: there only for the moment between its making and losing its name. */
export function gatheringFile(outbox: string, cluster: string): string {
  return `${outbox}.history-${cluster}-gathered`;
}

/**
 * Where a dry run, which holds no lock, gathers finished jobs: beside the outbox, or where temporary files are if there is
 * none. Another name each time.
 */
export function previewFile(outbox: string | null): string {
  return `${outbox ?? join(tmpdir(), 'hpc-collector')}.history-preview-${crypto.randomUUID()}`;
}

/** What is recovered from a damaged outbox is gathered here, until it takes its place. */
export function recoveringFile(outbox: string): string {
  return `${outbox}.recovering`;
}
