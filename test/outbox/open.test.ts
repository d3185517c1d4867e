/** How commands open the outbox: to read it, to change it by hand, and to collect or deliver. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, OperatorError } from '../../src/lib/errors.ts';
import { drainLockFile } from '../../src/outbox/files.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { type OutboxLocation, openForRepair, openReadOnly, openToWrite } from '../../src/outbox/open.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { overwritePages, rootPageOf } from '../support/damaged-outbox.ts';
import { quickDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';
import { foreignEntry } from './box.ts';
import { newEntry, store } from './helper.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
});
afterEach(() => directory.remove());

function location(rest: Partial<OutboxLocation> = {}): OutboxLocation {
  const spool = new Spool(join(directory.path, 'fallback'), file);
  return { file, isNamed: false, host: 'login1', spool, log: memoryLog().log, ...rest };
}

/** Makes an outbox of login1 with two entries. */
function makeOutbox(): void {
  const outbox = new Outbox(file);
  outbox.metadata.write('host', 'login1');
  for (const number of [1, 2]) store(outbox, { body: `{"number":${number}}` });
  outbox.close();
}

/** Damages the table of the attempts, which is empty: opening the file does not notice it. */
const damageAttempts = () => overwritePages(file, [rootPageOf(file, 'attempts')], () => 0xff);

/** The message and exit code of the error, or 'opened'. */
function outcomeOf(open: () => { close(): void } | null) {
  try {
    open()?.close();
    return 'opened';
  } catch (error) {
    if (error instanceof OperatorError) return { message: error.message, exitCode: error.exitCode };
    throw error;
  }
}

const missing = () => ({ message: `there is no outbox ${file}: correct --outbox`, exitCode: exitCodes.fatal });
const notYet = { message: 'there is no outbox yet: the first collection creates it', exitCode: exitCodes.fatal };
const ofOther = {
  message: expect.stringMatching(/^the outbox .* is written by login1 and this is login2: /),
  exitCode: exitCodes.fatal,
};

describe('opening to read', () => {
  test('is possible on any host, and changes nothing', () => {
    makeOutbox();
    const outbox = openReadOnly(location({ host: 'login2', isNamed: true }));
    expect(outbox?.list('all').map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect(() => outbox?.metadata.write('host', 'login2')).toThrow('readonly');
    outbox?.close();
    expect(readdirSync(directory.path)).toEqual(['outbox.db']);
  });

  test('a missing outbox gives none, and is an error if it was named', () => {
    expect(openReadOnly(location())).toBeNull();
    expect(outcomeOf(() => openReadOnly(location({ isNamed: true })))).toEqual(missing());
  });

  test('an outbox that is damaged, of a newer version or a directory is refused with the remedy', () => {
    makeOutbox();
    const damaged = join(directory.path, 'damaged.db');
    copyFileSync(file, damaged);
    overwritePages(damaged, [1], () => 1);
    expect(outcomeOf(() => openReadOnly(location({ file: damaged })))).toEqual({
      message: `the outbox ${damaged} is damaged: file is not a database; recover its readable entries with: hpc-collector outbox recover`,
      exitCode: exitCodes.fatal,
    });
    const outbox = new Outbox(file);
    outbox.database.run('PRAGMA user_version = 99');
    outbox.close();
    expect(outcomeOf(() => openReadOnly(location()))).toEqual({
      message: `the outbox ${file} was written by a newer version: install the newer hpc-collector`,
      exitCode: exitCodes.fatal,
    });
    const folder = join(directory.path, 'folder');
    mkdirSync(folder, { mode: 0o700 });
    expect(outcomeOf(() => openReadOnly(location({ file: folder })))).toEqual({
      message: `cannot read the outbox ${folder}: it cannot be opened; this user must own it and its directory: ls -ld ${directory.path} ${folder}`,
      exitCode: exitCodes.failed,
    });
  });
});

describe.each([
  ['change', { isChecked: false, mayCreate: false, checksName: true, claims: true }],
  ['import', { isChecked: true, mayCreate: true, checksName: false, claims: true }],
  ['recover', { isChecked: true, mayCreate: true, checksName: true, claims: false }],
  ['adopt', { isChecked: true, mayCreate: false, checksName: true, claims: false }],
] as const)('opening for the repair %p', (repair, { isChecked, mayCreate, checksName, claims }) => {
  const open = (rest: Partial<OutboxLocation> = {}) => outcomeOf(() => openForRepair(location(rest), repair));

  test('of a missing outbox', () => {
    expect(open({ isNamed: true })).toEqual(checksName ? missing() : 'opened');
    expect(existsSync(file)).toBe(!checksName);
  });

  test('of a missing outbox that was not named', () => {
    expect(open()).toEqual(mayCreate ? 'opened' : notYet);
    expect(existsSync(file)).toBe(mayCreate);
  });

  test('of the outbox of another host', () => {
    makeOutbox();
    expect(open({ host: 'login2', isNamed: true })).toEqual(claims ? ofOther : 'opened');
    expect(open({ isNamed: true })).toBe('opened');
  });

  test('of an outbox without an owner', () => {
    new Outbox(file).close();
    expect(open()).toBe('opened');
    const outbox = new Outbox(file);
    expect(outbox.metadata.read('host')).toBe(claims ? 'login1' : null);
    outbox.close();
  });

  test('of an outbox with damage that only a check finds', () => {
    makeOutbox();
    damageAttempts();
    // The command that adopts an outbox holds the lock of the drain.
    const lock = repair === 'adopt' ? tryLock(drainLockFile(file)) : null;
    expect(open()).toBe('opened');
    lock?.release();
    expect(readdirSync(directory.path).some((name) => name.includes('.damaged-'))).toBe(isChecked);
  });
});

describe('opening to collect or deliver', () => {
  const write = (rest: Partial<OutboxLocation> = {}) => openToWrite(location(rest), 'free');

  test('creates the outbox with its reserve, makes this host its owner and imports the spool', () => {
    const { log, lines } = memoryLog();
    const at = location({ log });
    at.spool.keepEntry(foreignEntry(1));
    const opened = openToWrite(at, 'free');
    const { host, streams } = opened.run((outbox) => ({
      host: outbox.metadata.read('host'),
      streams: outbox.list('all').map(({ stream }) => stream),
    }));
    opened.close();
    expect({ host, streams }).toEqual({ host: 'login1', streams: ['sam/derecho'] });
    expect(existsSync(`${file}.reserve`)).toBe(true);
    expect(lines.join('\n')).toContain('Imported 1 snapshot from the fallback directory into the outbox');
  });

  test('keeps an answer that cannot be recorded in the spool', () => {
    const opened = write();
    opened.run((outbox) => {
      const entry = store(outbox, newEntry());
      outbox.database.run('PRAGMA query_only = ON');
      const attempt = { at: new Date(), seconds: 1, status: 201, outcome: 'accepted', detail: '' };
      expect(() => outbox.delivered(entry, attempt, '{}')).toThrow(`is kept in ${directory.path}/fallback/`);
    });
    opened.close();
  });

  test('is refused on another host', () => {
    makeOutbox();
    expect(outcomeOf(() => write({ host: 'login2' }))).toEqual(ofOther);
  });

  const failing = (error: Error) =>
    new (class extends Spool {
      override answers(): string[] {
        throw error;
      }
    })(join(directory.path, 'fallback'), file);
  const withCode = (code: string) => Object.assign(new Error('the system says why'), { code });

  test('reports an error of the system as one of the outbox, and a bug as it is', () => {
    expect(outcomeOf(() => write({ spool: failing(withCode('EACCES')) }))).toEqual({
      message: `cannot write the outbox ${file}: permission denied; this user must own it: ls -ld ${directory.path} ${file}`,
      exitCode: exitCodes.failed,
    });
    expect(outcomeOf(() => write({ spool: failing(withCode('SQLITE_CORRUPT')) }))).toEqual({
      message: `cannot open the outbox ${file}: the system says why; check the directory, its owner and the space left`,
      exitCode: exitCodes.failed,
    });
    const bug = new TypeError('a bug');
    expect(() => write({ spool: failing(bug) })).toThrow(bug);
  });
});

test('a file that is not an outbox is refused, and stays as it is', () => {
  writeFileSync(file, 'this is no database '.repeat(100), { mode: 0o600 });
  const refused = {
    message: `${file} is not an outbox, and not a database at all: correct --outbox, or move the file away`,
    exitCode: exitCodes.fatal,
  };
  expect(outcomeOf(() => openReadOnly(location()))).toEqual(refused);
  expect(outcomeOf(() => openToWrite(location(), 'free'))).toEqual(refused);
  expect(readdirSync(directory.path)).toEqual(['outbox.db']);
});
