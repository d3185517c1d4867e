import { Database } from 'bun:sqlite';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { syncPath } from '../../lib/durable.ts';
import { messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { codeOf } from '../../lib/sqlite.ts';
import { counted } from '../../lib/text.ts';
import { drainLockFile, recoveringFile } from '../files.ts';
import { type Lock, tryLock } from '../lock.ts';
import { Metadata } from '../metadata.ts';
import { Outbox } from '../outbox.ts';
import { OutboxUnwritable } from '../unwritable.ts';
import { type Carving, carve } from './carve.ts';
import { fill, rememberDropped } from './fill.ts';
import { refuseOtherFile } from './other-file.ts';
import { type Damage, rememberDamage } from './past-damage.ts';
import { identityOf, nameAside, setAside } from './set-aside.ts';

/** How long a recovery waits for a drain and for a writer, in milliseconds. */
const longestWait = 10_000;

export type RecoveryOptions = {
  /** This host. It owns the new file if the damaged one does not name its owner. */
  readonly host: string;
  readonly log: Log;
  /** Whether the caller holds the drain lock: a drain has the file open, and only one process may recover it. */
  readonly drainLock: 'held' | 'free';
  /** How to open the outbox; default: without a spool. */
  readonly open?: (file: string) => Outbox;
  /** Called first with an outbox that has no damage, so that a damaged file stays unchanged. */
  readonly prepare?: (outbox: Outbox) => void;
  /** False to skip the search for damage, for commands that must be quick; default: true. */
  readonly isChecked?: boolean;
  readonly waitMilliseconds?: number;
};

/** A damaged file: its identity (see `identityOf`) and the damage. */
export type DamagedFile = { readonly identity: string | null; readonly reason: string };

/**
 * Recovers a damaged outbox: copies its readable rows to a new file, renames the damaged file, and puts the new file in
 * its place. Returns at once if another process has done so. Throws OperatorError if it cannot be recovered now or is
 * not an outbox; the file is unchanged then.
 */
export function recover(file: string, found: DamagedFile, options: RecoveryOptions): void {
  const { drainLock, waitMilliseconds = longestWait } = options;
  refuseOtherFile(file);
  const lock = drainLock === 'held' ? null : drainLockOf(file, found, waitMilliseconds);
  try {
    if (identityOf(file) !== found.identity) return;
    const writers = lockOutWriters(file, waitMilliseconds);
    try {
      recoverLocked(file, found.reason, options);
    } catch (error) {
      throw new OutboxUnwritable(
        `the outbox ${file} is damaged (${found.reason}) and cannot be recovered: ${messageOf(error)}`,
        'check the directory, its owner and the space left',
        error,
      );
    } finally {
      writers?.close();
    }
  } finally {
    lock?.release();
  }
}

function recoverLocked(file: string, reason: string, { host, log }: RecoveryOptions): void {
  const now = new Date();
  const aside = nameAside(file, now);
  const fresh = recoveringFile(file);
  removeAllOf(fresh);
  // Keep it open until the file is set aside: closing it drops the lock that excludes writers.
  const carving = carve(file);
  try {
    const damage = gather(carving, fresh, { host, at: now.toISOString(), file: aside, reason });
    const fault = carving.readFault();
    // The unreadable part may be intact, so do not replace the file by its readable part.
    if (fault !== null) throw new Error(`a part of it cannot be read: ${fault}`);
    syncPath(fresh);
    setAside(file, aside, fresh);
    const lost = damage.without_body + damage.without_entry;
    log.error(
      `✗ the outbox ${file} was damaged (${reason}): the damaged file is kept as ${aside}; ${counted(damage.recovered, 'entry', 'entries')} recovered, ${lost} lost; for details: hpc-collector outbox recover`,
    );
  } finally {
    carving.close();
    removeAllOf(fresh);
  }
}

/** Creates the new outbox with the readable rows and a record of the damage. Returns that record. */
function gather(
  carving: Carving,
  fresh: string,
  { host, ...what }: { host: string; at: string; file: string; reason: string },
): Damage {
  const outbox = new Outbox(fresh);
  try {
    const { database } = outbox;
    // The file is not used until it is complete, so the caller syncs it once.
    database.run('PRAGMA synchronous = OFF');
    for (const [key, value] of carving.metadata) new Metadata(database).write(key, value);
    if (!carving.metadata.has('host')) new Metadata(database).write('host', host);
    const { recovered, withoutBody } = fill(database, carving, 'as it was');
    const lost = withoutBody
      .filter((row) => row.state !== 'delivered')
      .map(({ id, stream, collected_at }) => {
        const reason = `its body was damaged with the outbox: ${what.reason}`;
        return { id, stream, collected_at, dropped_at: Date.parse(what.at), reason };
      });
    rememberDropped(database, [...carving.dropped, ...lost]);
    const damage = { ...what, recovered, without_body: withoutBody.length, without_entry: carving.strayBodies };
    rememberDamage(database, damage);
    return damage;
  } finally {
    outbox.close();
  }
}

/** Waits for the drain lock. Returns null if another process recovered the file in the meantime. */
function drainLockOf(file: string, found: DamagedFile, waitMilliseconds: number): Lock | null {
  const deadline = Date.now() + waitMilliseconds;
  for (;;) {
    // `tryLock` waits for 200 ms.
    const lock = tryLock(drainLockFile(file));
    if (lock || identityOf(file) !== found.identity) return lock;
    if (Date.now() < deadline) continue;
    throw new OutboxUnwritable(
      `the outbox ${file} is damaged (${found.reason}) and cannot be recovered while a drain is running`,
      'the next run recovers it',
      null,
    );
  }
}

/**
 * Locks the file, so that other processes do not write it while it is read and replaced. They notice the replacement
 * afterwards. Returns null if SQLite cannot lock the file: other processes cannot write it either.
 */
function lockOutWriters(file: string, waitMilliseconds: number): Database | null {
  let database: Database | null = null;
  try {
    database = new Database(file, { create: false, readwrite: true });
    database.run(`PRAGMA busy_timeout = ${waitMilliseconds}`);
    database.run('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database?.close();
    if (codeOf(error) !== 'SQLITE_BUSY') return null;
    throw new OutboxUnwritable(
      `the outbox ${file} is damaged and cannot be recovered while another process writes it`,
      `find the process with: fuser -v ${file}`,
      error,
    );
  }
}

/** Deletes the unfinished file of an earlier attempt, with its side files. */
function removeAllOf(fresh: string): void {
  for (const name of readdirSync(dirname(fresh)))
    if (name.startsWith(basename(fresh))) rmSync(join(dirname(fresh), name), { force: true });
}
