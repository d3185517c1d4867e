import { Database } from 'bun:sqlite';
import { accessSync, constants } from 'node:fs';
import { codeOf, makePrivateFile } from '../lib/sqlite.ts';
import { refuseLockOfOthers } from './others.ts';
import { trySocketLock } from './socket-lock.ts';

/** A lock that is held until it is released or its process ends. */
export type Lock = { release(): void };

// A database handle without references is garbage-collected, and its lock disappears with it.
const held = new Set<Database>();

/**
 * Takes a lock across processes. It is an exclusive SQLite transaction on a separate file, which ends with its process
 * and works wherever SQLite works; a pid file would survive a killed process. Returns null if another process holds it.
 * If the file cannot be created (full or read-only filesystem), the lock uses a socket and holds only on this host;
 * `warn` gets the problem if that cannot hold either.
 * Never open the file otherwise in this process: closing any descriptor drops SQLite's locks (howtocorrupt.html §2.2).
 */
export function tryLock(file: string, warn: (problem: string) => void = () => {}): Lock | null {
  refuseLockOfOthers(file);
  let database: Database | null = null;
  try {
    const isNew = makePrivateFile(file);
    database = new Database(file, { create: true, readwrite: true });
    // On a read-only filesystem two processes would both get the lock.
    accessSync(file, constants.W_OK);
    // With an empty file on a full disk, taking the lock would need space.
    database.run('PRAGMA busy_timeout = 200');
    if (isNew) database.run('CREATE TABLE IF NOT EXISTS lock (held INTEGER) STRICT');
    database.run('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    if (codeOf(error) === 'SQLITE_BUSY') return null;
    return trySocketLock(file, warn);
  }
  const taken = database;
  held.add(taken);
  return {
    release() {
      held.delete(taken);
      taken.close();
    },
  };
}
