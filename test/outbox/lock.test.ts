import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { tryLock } from '../../src/outbox/lock.ts';
import { mountDisk, onDisk } from '../support/disk.ts';
import { descriptorsOf, temporaryDirectory } from '../support/files.ts';
import { until } from '../support/until.ts';
import { programOf } from './helper.ts';

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
const children: Bun.Subprocess[] = [];
beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory.path, 'outbox.db.drain-lock');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
    await child.exited;
  }
  directory.remove();
});

/** Another process that tries to take the lock, and what it says of it: `held` or `taken`. */
async function otherProcess(): Promise<{ said: string; child: Bun.Subprocess }> {
  const child = Bun.spawn(programOf('hold', file), { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  const { value } = await child.stdout.getReader().read();
  return {
    said: Buffer.from(value ?? [])
      .toString()
      .trim(),
    child,
  };
}

/** Takes the lock if it is free, and lets it go again. */
function isFree(): boolean {
  const lock = tryLock(file);
  lock?.release();
  return lock !== null;
}

test('a lock is held by one process at a time', async () => {
  expect((await otherProcess()).said).toBe('held');
  expect(tryLock(file)).toBeNull();
  expect((await otherProcess()).said).toBe('taken');
});

test('a lock is held by one part of a process at a time, by its file and not by a socket', () => {
  const listening = spyOn(Bun, 'listen');
  const lock = tryLock(file);
  expect(lock).not.toBeNull();
  expect(tryLock(file)).toBeNull();
  expect(tryLock(file)).toBeNull();
  lock?.release();
  expect(descriptorsOf(file)).toBe(0);
  expect(isFree()).toBe(true);
  expect(listening).not.toHaveBeenCalled();
  listening.mockRestore();
});

test('a lock file that others can write is refused', async () => {
  await Bun.write(file, '');
  chmodSync(file, 0o666);
  expect(() => tryLock(file)).toThrow(`${file} can be written by others (mode 666)`);
});

onDisk('on a read-only filesystem a lock is held by one process at a time', () => {
  const disk = mountDisk(256);
  try {
    const lockFile = join(disk.path, 'lock');
    tryLock(lockFile)?.release();
    disk.setReadOnly(true);
    const lock = tryLock(lockFile);
    expect([lock === null, tryLock(lockFile)]).toEqual([false, null]);
    lock?.release();
  } finally {
    disk.remove();
  }
});

test('a failed second attempt does not take the lock from its holder', async () => {
  const lock = tryLock(file);
  tryLock(file);
  expect((await otherProcess()).said).toBe('taken');
  lock?.release();
  expect((await otherProcess()).said).toBe('held');
});

test("releasing a lock twice does not release another holder's lock", async () => {
  const lock = tryLock(file);
  lock?.release();
  expect((await otherProcess()).said).toBe('held');
  lock?.release();
  expect(isFree()).toBe(false);
});

test.each(['SIGKILL', 'SIGTERM'] as const)('a lock is gone with its process: %s', async (signal) => {
  const { said, child } = await otherProcess();
  expect(said).toBe('held');
  child.kill(signal);
  await child.exited;
  expect(isFree()).toBe(true);
});

test('a file that a killed process left does not hold the lock', async () => {
  for (let round = 0; round < 3; round++) {
    const { said, child } = await otherProcess();
    expect(said).toBe('held');
    child.kill('SIGKILL');
    await child.exited;
  }
  expect(statSync(file).isFile()).toBe(true);
  expect(isFree()).toBe(true);
});

test('a lock stays held if its handle is garbage collected', async () => {
  (() => {
    tryLock(file);
  })();
  for (let round = 0; round < 5; round++) {
    Bun.gc(true);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect((await otherProcess()).said).toBe('taken');
});

test('an attempt on a held lock waits 200 ms, in which a lock can be released, and fails then', async () => {
  await otherProcess();
  const started = performance.now();
  expect(tryLock(file)).toBeNull();
  const waited = performance.now() - started;
  expect(waited).toBeGreaterThan(150);
  // A busy machine adds to it.
  expect(waited).toBeLessThan(3000);
});

test('if five processes take a new lock at once, one gets it', async () => {
  const said = (await Promise.all(Array.from({ length: 5 }, otherProcess))).map((other) => other.said);
  expect(said.toSorted()).toEqual(['held', ...new Array(4).fill('taken')]);
});

test('locks of different names are independent', () => {
  const one = tryLock(join(directory.path, 'one'));
  const other = tryLock(join(directory.path, 'other'));
  expect([one === null, other === null]).toEqual([false, false]);
  one?.release();
  other?.release();
});

describe('the file of a lock', () => {
  test.each([0o000, 0o022])('can be read only by its owner with umask %o', (umask) => {
    const before = process.umask(umask);
    try {
      tryLock(file)?.release();
    } finally {
      process.umask(before);
    }
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
  });

  test('that is empty, because the process that made it was killed, is used', async () => {
    await Bun.write(file, '');
    const lock = tryLock(file);
    expect(lock).not.toBeNull();
    await until(async () => (await otherProcess()).said === 'taken', 'another process finds it taken');
    lock?.release();
  });

  test('that is another kind of file is not changed, and the lock holds without it', async () => {
    const text = 'this is no database '.repeat(100);
    await Bun.write(file, text);
    const lock = tryLock(file);
    expect(lock).not.toBeNull();
    expect(tryLock(file)).toBeNull();
    lock?.release();
    expect(await Bun.file(file).text()).toBe(text);
  });
});
