import { afterEach, expect, spyOn, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../src/outbox/lock.ts';
import { socketLockProblem, socketName, trySocketLock } from '../../src/outbox/socket-lock.ts';
import { temporaryDirectory } from '../support/files.ts';
import { asOtherUser, listenOn } from '../support/sockets.ts';
import { programOf } from './helper.ts';

const noWarning = (problem: string) => {
  throw new Error(problem);
};

const directory = temporaryDirectory();
afterEach(directory.remove);

test('a lock without a lock file still excludes others, until it is released', () => {
  mkdirSync(directory.path, { recursive: true });
  const notADirectory = join(directory.path, 'file');
  writeFileSync(notADirectory, '');
  const file = join(notADirectory, 'lock');
  const lock = tryLock(file, noWarning);
  expect(lock).not.toBeNull();
  expect(tryLock(file, noWarning)).toBeNull();
  const other = tryLock(join(notADirectory, 'other-lock'), noWarning);
  expect(other).not.toBeNull();
  lock?.release();
  const again = tryLock(file, noWarning);
  expect(again).not.toBeNull();
  for (const held of [again, other]) held?.release();
});

test('the name of the socket has the user and the hash of the absolute path', () => {
  const hash = new Bun.CryptoHasher('sha256').update(join(process.cwd(), 'outbox.db')).digest('hex');
  expect(socketName('outbox.db')).toBe(`hpc-collector-${process.getuid?.()}-${hash}`);
});

test('a name that another user has taken is reported, and the command goes on without a lock', () =>
  asOtherUser(() => {
    const file = '/nonexistent/outbox.db.drain-lock';
    expect(socketLockProblem()).toBeNull();
    const name = socketName(file);
    const problem = `another user has taken the socket name @${name}, which serves as a lock if no lock file can be written: as root, find its process with: ss -xap | grep ${name}`;
    using _ = listenOn(name);
    expect(socketLockProblem()).toBe(problem);
    const warnings: string[] = [];
    const lock = trySocketLock(file, (warning) => warnings.push(warning));
    expect(lock).not.toBeNull();
    lock?.release();
    expect(warnings).toEqual([`${problem}; ${file} cannot be written either, so this command goes on without a lock`]);
  }));

test('where sockets are forbidden, there is no lock and no warning', () => {
  const listening = spyOn(Bun, 'listen').mockImplementation(() => {
    throw Object.assign(new Error('operation not permitted'), { code: 'EPERM' });
  });
  try {
    const lock = trySocketLock('/nonexistent/lock', noWarning);
    expect(lock).not.toBeNull();
    expect(() => lock?.release()).not.toThrow();
  } finally {
    listening.mockRestore();
  }
});

test('a process ends although it has such a lock', () => {
  const { exitCode, stdout } = Bun.spawnSync(programOf('socketLock', '/nonexistent/lock'), { timeout: 20_000 });
  expect({ exitCode, stdout: stdout.toString() }).toEqual({ exitCode: 0, stdout: 'held\n' });
}, 30_000);
