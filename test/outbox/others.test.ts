import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../src/lib/errors.ts';
import { problemWithOthers, refuseLockOfOthers, refuseWritableByOthers } from '../../src/outbox/others.ts';
import { quickDirectory } from '../support/files.ts';
import { needsThat } from '../support/needs.ts';

let directory: ReturnType<typeof quickDirectory>;
beforeEach(() => {
  directory = quickDirectory();
});
afterEach(() => directory.remove());

test.each([
  ['the file', 'real/outbox.db', 0o620],
  ['its directory', 'real', 0o770],
  ['the directory of a link to it', 'links', 0o707],
])('that others can write %s is a problem, through a symbolic link too', (_, writable, mode) => {
  const inside = (name: string) => join(directory.path, name);
  for (const name of ['real', 'links']) mkdirSync(inside(name), { mode: 0o700 });
  writeFileSync(inside('real/outbox.db'), '', { mode: 0o600 });
  symlinkSync(inside('real/outbox.db'), inside('links/outbox.db'));
  expect(problemWithOthers(inside('links/outbox.db'))).toBeNull();
  chmodSync(inside(writable), mode);
  expect(problemWithOthers(inside('links/outbox.db'))).toContain(`can be written by others (mode ${mode.toString(8)})`);
});

const refused = (path: string, mode: string) =>
  `${path} can be written by others (mode ${mode}), who could change what is sent: chmod go-w ${path}, or name another with --outbox`;

test('a missing outbox has the problem of its directory, which is named with its whole mode', () => {
  const file = join(directory.path, 'outbox.db');
  expect(problemWithOthers(file)).toBeNull();
  expect(problemWithOthers(join(directory.path, 'missing', 'outbox.db'))).toBeNull();
  writeFileSync(file, '', { mode: 0o600 });
  expect(problemWithOthers(join(file, 'below-a-file'))).toBeNull();
  rmSync(file);
  chmodSync(directory.path, 0o1777);
  expect(problemWithOthers(file)).toBe(refused(directory.path, '1777'));
  expect(() => refuseWritableByOthers(file)).toThrow(new OperatorError(refused(directory.path, '1777')));
});

test('that others can only read and run it is no problem', () => {
  chmodSync(directory.path, 0o755);
  const file = join(directory.path, 'outbox.db');
  writeFileSync(file, '', { mode: 0o644 });
  expect(problemWithOthers(file)).toBeNull();
  expect(() => refuseWritableByOthers(file)).not.toThrow();
});

test('a lock file that others can write is refused, and one that cannot be examined is not', () => {
  const lock = join(directory.path, 'lock');
  writeFileSync(lock, '');
  chmodSync(lock, 0o602);
  expect(() => refuseLockOfOthers(lock)).toThrow(new OperatorError(refused(lock, '602')));
  expect(() => refuseLockOfOthers(join(lock, 'below-a-file'))).not.toThrow();
  const loop = join(directory.path, 'loop');
  symlinkSync(loop, loop);
  expect(() => refuseLockOfOthers(loop)).not.toThrow();
  expect(() => problemWithOthers(loop)).toThrow('ELOOP');
});

needsThat(process.getuid?.() === 0, 'root')('an outbox of another user is a problem, and one of root is not', () => {
  const file = join(directory.path, 'outbox.db');
  writeFileSync(file, '');
  const ofAnother = (uid: number) =>
    `${file} belongs to another user (uid ${uid}), who could change what is sent: name another with --outbox, or take it over: chown`;
  const problems = () =>
    [0, 1, 1000, 65_534].map((uid) => {
      chownSync(file, uid, uid);
      return problemWithOthers(file);
    });
  expect(problems()).toEqual([null, ...[1, 1000, 65_534].map(ofAnother)]);
  const user = spyOn(process, 'getuid').mockReturnValue(1000);
  try {
    expect(problems()).toEqual([null, ofAnother(1), null, ofAnother(65_534)]);
  } finally {
    user.mockRestore();
  }
});
