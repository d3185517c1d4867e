// What the tests of the outbox run as a process of its own: `program.ts VERB FILE`.
import { chmodSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { createConsola } from 'consola';
import { messageOf, OperatorError } from '../../src/lib/errors.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { openOutbox } from '../../src/outbox/recovery/open.ts';
import { trySocketLock } from '../../src/outbox/socket-lock.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { addEntry } from '../support/add-entry.ts';
import { foreignEntry } from './box.ts';

const [verb = '', file = '', argument = ''] = process.argv.slice(2);

function add(outbox: Outbox, number: number): void {
  addEntry(outbox, {
    stream: `sam/${argument}`,
    destination: 'sam',
    method: 'POST',
    path: '/x',
    body: '{}',
    collectedAt: new Date(number),
    failedProbes: [],
    rejectedBecause: null,
  });
}

const verbs: Readonly<Record<string, () => unknown>> = {
  /** Says whether it got the lock, and keeps it until it is killed. */
  async hold() {
    process.stdout.write(tryLock(file) ? 'held\n' : 'taken\n');
    await Bun.sleep(60_000);
  },
  /** Says whether it got the lock of a socket, and ends. */
  socketLock() {
    process.stdout.write(trySocketLock(file, () => {}) ? 'held\n' : 'taken\n');
  },
  /** Says that it writes, and ends its transaction after 300 ms. */
  async write() {
    const { database } = new Outbox(file);
    database.run('BEGIN EXCLUSIVE');
    process.stdout.write('writes\n');
    await Bun.sleep(300);
    database.run('COMMIT');
  },
  /** Opens a file that may be new, and adds 20 entries to a stream. */
  fill() {
    const outbox = new Outbox(file);
    for (let number = 0; number < 20; number++) add(outbox, Number(argument) * 1000 + number);
    outbox.close();
  },
  /** Adds one entry, and marks in its system calls where that begins and ends. */
  add() {
    const outbox = new Outbox(file);
    writeSync(1, 'INSERT\n');
    add(outbox, Date.now());
    writeSync(1, 'DONE\n');
    outbox.close();
  },
  /** Keeps one entry in a spool directory. */
  spool() {
    new Spool(argument, file).keepEntry(foreignEntry(1));
  },
  /** Opens a damaged file, which recovers it. */
  recover() {
    openOutbox(file, { host: 'login1', log: createConsola({ level: -999 }), drainLock: 'free' }).close();
  },
  /** As a user who may not write there: opens the file, adds to it. */
  addForbidden() {
    forbidden(() => add(new Outbox(file), Date.now()));
  },
};

/** Does what must fail in a directory that is read-only, even for root; prints the message and the exit code. */
function forbidden(what: () => unknown): void {
  chmodSync(dirname(file), 0o555);
  // Root may write everywhere.
  if (process.getuid?.() === 0) process.setuid?.(65534);
  try {
    what();
    process.stdout.write('nothing failed');
  } catch (error) {
    const code = error instanceof OperatorError ? error.exitCode : 'a bug';
    process.stdout.write(`${messageOf(error)} (${code})`);
  }
}

await verbs[verb]?.();
