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

/** How long a recovery waits for a drain, and for whoever is writing, in milliseconds. */
const longestWait = 10_000;

export type RecoveryOptions = {
  /** This host: it owns the new file where the damaged one does not tell its own. */
  readonly host: string;
  readonly log: Log;
  /** Whether the caller holds the drain lock: whoever drains has the file open, and only one process may recover it. */
  readonly drainLock: 'held' | 'free';
  /** How the outbox is opened; default: it alone. */
  readonly open?: (file: string) => Outbox;
  /** What is to be done with it first, when it is known to be sound: a damaged file is kept as it was. */
  readonly prepare?: (outbox: Outbox) => void;
  /** False where it is enough to notice damage on the way: a listing must be quick. */
  readonly isChecked?: boolean;
  readonly waitMilliseconds?: number;
};

/** A damaged file: which one it was, by `identityOf`, and what is wrong with it. */
export type Finding = { readonly identity: string | null; readonly reason: string };

/**
 * Recovers a damaged outbox: what can be read of it goes into a fresh file, which takes its place, and it is set aside.
 * Returns at once where somebody else did so meanwhile. Throws OperatorError where it cannot be done now, or if the file is
 * not an outbox: the file is then where it was.
 */
export function recover(file: string, found: Finding, options: RecoveryOptions): void {
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
  // Open until the file is set aside: closing it drops the lock that keeps writers out.
  const carving = carve(file);
  try {
    const damage = gather(carving, fresh, { host, at: now.toISOString(), file: aside, reason });
    const fault = carving.readFault();
    // What cannot be read now may be sound: it must not be replaced by the part that can be read.
    if (fault !== null) throw new Error(`a part of it cannot be read: ${fault}`);
    syncPath(fresh);
    setAside(file, aside, fresh);
    const lost = damage.without_body + damage.without_entry;
    log.error(
      `✗ the outbox ${file} was damaged (${reason}): it is kept as ${aside}; ${counted(damage.recovered, 'entry', 'entries')} recovered, ${lost} lost; look at it with: hpc-collector outbox recover`,
    );
  } finally {
    carving.close();
    removeAllOf(fresh);
  }
}

/** Makes the fresh outbox, complete with the memory of what happened. */
function gather(
  carving: Carving,
  fresh: string,
  { host, ...what }: { host: string; at: string; file: string; reason: string },
): Damage {
  const outbox = new Outbox(fresh);
  try {
    const { database } = outbox;
    // Nothing of it counts until it is whole: it is synced once, in the end.
    database.run('PRAGMA synchronous = OFF');
    for (const [key, value] of carving.metadata) new Metadata(database).write(key, value);
    if (!carving.metadata.has('host')) new Metadata(database).write('host', host);
    const { recovered, withoutBody } = fill(database, carving, 'as it was');
    const lost = withoutBody
      .filter((row) => row.state !== 'delivered')
      .map(({ id, stream, collected_at }) => {
        const reason = `its body was damaged, as was the outbox: ${what.reason}`;
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

/** Waits for the drain lock; null where the file was recovered meanwhile. */
function drainLockOf(file: string, found: Finding, waitMilliseconds: number): Lock | null {
  const deadline = Date.now() + waitMilliseconds;
  for (;;) {
    // It waits a little by itself.
    const lock = tryLock(drainLockFile(file));
    if (lock || identityOf(file) !== found.identity) return lock;
    if (Date.now() < deadline) continue;
    throw new OutboxUnwritable(
      `the outbox ${file} is damaged (${found.reason}) and cannot be recovered while a drain is under way`,
      'it will be by the next run',
      null,
    );
  }
}

/**
 * Keeps others from writing into the file while it is read and replaced; they find then that it was replaced. Null where
 * SQLite cannot lock it: nobody else can write it either.
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
      `see which: fuser -v ${file}`,
      error,
    );
  }
}

/** Removes what an earlier attempt left, with its side files. */
function removeAllOf(fresh: string): void {
  for (const name of readdirSync(dirname(fresh)))
    if (name.startsWith(basename(fresh))) rmSync(join(dirname(fresh), name), { force: true });
}
