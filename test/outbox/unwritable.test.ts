import { expect, test } from 'bun:test';
import { exitCodes } from '../../src/lib/errors.ts';
import { isForLackOfSpace, OutboxUnwritable, unwritable } from '../../src/outbox/unwritable.ts';

const failure = (code: string) => Object.assign(new Error('the system says why'), { code });

test.each([
  ['SQLITE_FULL', 'no space is left; make room: df -h /var; df -i /var', true],
  ['ENOSPC', 'no space is left; make room: df -h /var; df -i /var', true],
  ['EDQUOT', 'the quota is used up; make room: quota -s; ulimit -f', true],
  ['EFBIG', 'the quota is used up; make room: quota -s; ulimit -f', true],
  [
    'SQLITE_IOERR_READ',
    'it cannot be read: its disk or its file server fails; check both: dmesg; findmnt -T /var',
    true,
  ],
  ['EIO', 'it cannot be read: its disk or its file server fails; check both: dmesg; findmnt -T /var', false],
  ['ESTALE', 'it cannot be read: its disk or its file server fails; check both: dmesg; findmnt -T /var', false],
  [
    'SQLITE_IOERR_WRITE',
    'the disk does not accept more data: it fails, or a quota is used up; check both: df -h /var',
    true,
  ],
  ['SQLITE_IOERR', 'the disk does not accept more data: it fails, or a quota is used up; check both: df -h /var', true],
  ['EROFS', 'it is read-only; check its mount and its owner: findmnt -T /var; ls -ld /var /var/outbox.db', false],
  ['SQLITE_READONLY', 'it is read-only; check its mount and its owner: findmnt -T /var', false],
  ['SQLITE_READONLY_DIRECTORY', 'it is read-only; check its mount and its owner: findmnt -T /var', false],
  ['EACCES', 'permission denied; this user must own it: ls -ld /var /var/outbox.db', false],
  ['EPERM', 'permission denied; this user must own it: ls -ld /var /var/outbox.db', false],
  ['ENOENT', 'its directory cannot be created; create /var, or correct --outbox', false],
  ['ENOTDIR', 'its directory cannot be created; create /var, or correct --outbox', false],
  ['EEXIST', 'its directory cannot be created; create /var, or correct --outbox', false],
  ['EISDIR', 'it is a directory; move it away: ls -ld /var/outbox.db', false],
  [
    'SQLITE_CANTOPEN',
    'it cannot be opened; this user must own it and its directory: ls -ld /var /var/outbox.db',
    false,
  ],
  ['SQLITE_BUSY', 'another process keeps it locked; find the process with: fuser -v /var/outbox.db', false],
  ['SQLITE_LOCKED_SHAREDCACHE', 'another process keeps it locked; find the process with: fuser -v', false],
  ['EXDEV', 'the system says why; check the directory, its owner and the space left', false],
])('%s has its reason and its remedy', (code, words, isSpace) => {
  const error = failure(code);
  const found = unwritable('open the outbox', '/var/outbox.db', error);
  expect(found.message).toStartWith(`cannot open the outbox /var/outbox.db: ${words}`);
  expect(found.message).toBe(`${found.problem}; ${found.remedy}`);
  expect([found.exitCode, found.cause, found.name]).toEqual([exitCodes.failed, error, 'OutboxUnwritable']);
  expect(isForLackOfSpace(error)).toBe(isSpace);
});

test('an error that has its reason already keeps it', () => {
  const known = new OutboxUnwritable('cannot write it', 'do this', null);
  expect(unwritable('open', '/x', known)).toBe(known);
  expect(isForLackOfSpace(new Error('no code'))).toBe(false);
});
