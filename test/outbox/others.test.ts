import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
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

needsThat(process.getuid?.() === 0, 'root')('an outbox of another user is a problem', () => {
  const file = join(directory.path, 'outbox.db');
  writeFileSync(file, '');
  chownSync(file, 65_534, 65_534);
  expect(problemWithOthers(file)).toBe(
    `${file} belongs to another user (uid 65534), who could change what is sent: name another with --outbox, or take it over: chown`,
  );
});
