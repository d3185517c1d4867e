/** Everything that doctor says of the outbox, whatever the disk that has it here is like. */

import { afterAll, afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { checkOutbox } from '../../src/doctor/outbox.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { claim } from '../../src/outbox/ownership.ts';
import { rememberDamage } from '../../src/outbox/recovery/past-damage.ts';
import * as locks from '../../src/outbox/socket-lock.ts';
import { temporaryDirectory } from '../support/files.ts';
import { linesOf } from '../support/findings.ts';

const spies: { mockRestore(): void }[] = [];
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
});
const asUser = (user: number) => spies.push(spyOn(process, 'getuid').mockReturnValue(user));

describe('the outbox', () => {
  const temporary = temporaryDirectory();
  const mebibyte = 1024 ** 2;
  const roomy = { type: 0xef53, bavail: 256, bsize: mebibyte, files: 10, ffree: 1 };
  let directory: string;
  let file: string;
  let disk: typeof roomy;
  let count = 0;
  afterAll(() => temporary.remove());
  beforeEach(() => {
    directory = join(temporary.path, `state${count++}`);
    fs.mkdirSync(directory, { mode: 0o700 });
    file = join(directory, 'outbox.db');
    disk = roomy;
    spies.push(
      spyOn(fs, 'statfsSync').mockImplementation((() => disk) as unknown as typeof fs.statfsSync),
      spyOn(locks, 'socketLockProblem').mockReturnValue(null),
    );
  });
  const check = (of = file, fallback = '/nonexistent/fallback') =>
    linesOf(checkOutbox(of, 'here.example.org', fallback));
  /** The findings for what the outbox contains. */
  const content = () => check().slice(3, -2);
  const filled = (fill: (outbox: Outbox) => void = () => {}) => {
    const opened = new Outbox(file);
    fill(opened);
    opened.close();
  };

  test('that does not exist yet needs nothing', () => {
    const missing = join(directory, 'not/there');
    expect(check(join(missing, 'outbox.db'))).toEqual([
      `pass outbox directory: the first collection creates ${missing}`,
      'pass outbox filesystem: is local',
      'pass outbox space: 256 MiB are free',
      `skip outbox: the first collection creates ${missing}/outbox.db`,
      'pass fallback directory: /nonexistent/fallback can be used',
      'pass lock names: no other user has taken a lock name',
    ]);
  });

  test('of this host is in order', () => {
    filled((outbox) => claim(outbox.database, file, 'here'));
    expect(check()).toEqual([
      `pass outbox directory: ${directory} belongs to you, mode 700`,
      'pass outbox filesystem: is local',
      'pass outbox space: 256 MiB are free',
      'pass outbox host: this host writes to the outbox',
      'pass outbox damage: none',
      'pass fallback directory: /nonexistent/fallback can be used',
      'pass lock names: no other user has taken a lock name',
    ]);
  });

  describe('needs a directory', () => {
    test.each([0o755, 0o710, 0o701])('that others cannot read: %o', (mode) => {
      fs.chmodSync(directory, mode);
      expect(check()[0]).toBe(
        `warn outbox directory: other users can access ${directory} (mode ${mode.toString(8)}) → chmod 700 ${directory}`,
      );
      expect(check(join(directory, 'new/outbox.db'))[0]).toStartWith('pass outbox directory: the first collection');
    });

    test('of the user', () => {
      asUser(4_000_000_000);
      expect(check()[0]).toBe(`warn outbox directory: ${directory} belongs to another user → ls -ld ${directory}`);
    });

    test('that is one', () => {
      const path = join(directory, 'file');
      fs.writeFileSync(path, '');
      expect(check(join(path, 'x/outbox.db'))[0]).toBe(
        `fail outbox directory: ${path} is not a directory → ls -ld ${path}; findmnt -T ${path}   # or set XDG_STATE_HOME`,
      );
    });

    test('that can be written', () => {
      const access = spyOn(fs, 'accessSync').mockImplementation(() => {
        throw new Error('EROFS: read-only file system');
      });
      spies.push(access);
      expect(check()[0]).toBe(
        `fail outbox directory: ${directory} cannot be written: EROFS: read-only file system → ls -ld ${directory}; findmnt -T ${directory}   # or set XDG_STATE_HOME`,
      );
      expect(access).toHaveBeenCalledWith(directory, fs.constants.W_OK | fs.constants.X_OK);
    });
  });

  test('is safer on a local disk', () => {
    disk = { ...roomy, type: 0x6969 };
    expect(check()[1]).toBe(
      `warn outbox filesystem: ${directory} is on NFS, where file locks depend on the server: a local disk is safer → set XDG_STATE_HOME, or --outbox, to a directory on a local disk`,
    );
  });

  test.each([
    [{}, 'pass outbox space: 256 MiB are free'],
    [{ files: 0, ffree: 0 }, 'pass outbox space: 256 MiB are free'],
    [{ files: 1, ffree: 0 }, 'fail outbox space: no inode is free for DIRECTORY → REMEDY'],
    [{ files: 1, ffree: 1 }, 'pass outbox space: 256 MiB are free'],
    [{ bavail: 255 }, 'warn outbox space: 255 MiB are free → REMEDY'],
    [{ bavail: 16 }, 'warn outbox space: 16 MiB are free → REMEDY'],
    [{ bavail: 15 }, 'fail outbox space: 15 MiB are free → REMEDY'],
    [{ bavail: 255.9 }, 'warn outbox space: 255 MiB are free → REMEDY'],
    [{ bavail: 0 }, 'fail outbox space: 0 MiB are free → REMEDY'],
    [{ bavail: 65536, bsize: 4096 }, 'pass outbox space: 256 MiB are free'],
  ])('needs space: %p', (changes, line) => {
    disk = { ...roomy, ...changes };
    const whole = (of: string, above: string) =>
      line.replace('DIRECTORY', of).replace('REMEDY', `df -h ${above}; df -i ${above}; quota -s`);
    expect(check()[2]).toBe(whole(directory, directory));
    const below = join(directory, 'new');
    expect(check(join(below, 'outbox.db'))[2]).toBe(whole(below, directory));
  });

  test('has no host before the first collection', () => {
    filled();
    expect(content()).toEqual(['pass outbox host: no host has written to the outbox yet', 'pass outbox damage: none']);
  });

  test('of another host with damage names both, and the latest damage', () => {
    const damage = { file, recovered: 1, without_body: 0, without_entry: 0 };
    filled(({ database }) => {
      claim(database, file, 'elsewhere.example.org');
      rememberDamage(database, { ...damage, at: '2026-01-01T00:00:00Z', reason: 'the first' });
      rememberDamage(database, { ...damage, at: '2026-01-02T00:00:00Z', reason: 'x'.repeat(300) });
    });
    const [host, lost] = content();
    expect(host).toBe(
      `fail outbox host: elsewhere.example.org writes to ${file}, but this host is here.example.org → run on that host; if it is retired: hpc-collector outbox adopt`,
    );
    expect(lost).toBe(
      `warn outbox damage: the outbox was recovered at 2026-01-02T00:00:00Z: ${'x'.repeat(200)}… → hpc-collector outbox recover   # then: --ack`,
    );
  });

  test('of a host with a strange name shows a part of it', () => {
    filled(({ database }) => claim(database, file, `a\u001b${'b'.repeat(200)}`));
    expect(content()[0]).toStartWith(`fail outbox host: a\\x1b${'b'.repeat(95)}… writes to `);
  });

  test.each<[string, () => void, string]>([
    ['is empty', () => fs.writeFileSync(file, '', { mode: 0o600 }), 'pass outbox: FILE is empty'],
    [
      'is of a newer version',
      () => filled(({ database }) => database.run('PRAGMA user_version = 999')),
      'fail outbox: FILE was written by a newer version → install the newer hpc-collector',
    ],
    [
      'is another file',
      () =>
        fs.writeFileSync(file, 'this is no database at all, and long enough to tell it'.repeat(20), { mode: 0o600 }),
      'fail outbox: FILE is not an outbox, and not a database at all: correct --outbox, or move the file away → ls -l FILE',
    ],
    [
      'can be written by others',
      () => {
        filled();
        fs.chmodSync(file, 0o620);
      },
      'fail outbox: FILE can be written by others (mode 620), who could change what is sent: chmod go-w FILE, or name another with --outbox → ls -ld DIRECTORY FILE',
    ],
    [
      'is a directory',
      () => fs.mkdirSync(file, { mode: 0o700 }),
      'fail outbox: FILE: disk I/O error → ls -l FILE; fuser -v FILE',
    ],
    [
      'is damaged',
      () => {
        filled();
        fs.writeFileSync(file, fs.readFileSync(file).fill(0xff, 100));
      },
      'fail outbox: FILE: database disk image is malformed: the next command recovers it → hpc-collector outbox recover',
    ],
  ])('that %s', (_, make, line) => {
    make();
    expect(content()).toEqual([line.replaceAll('FILE', file).replaceAll('DIRECTORY', directory)]);
  });

  test('has a warning for a fallback directory or a lock that others took', () => {
    spies.push(spyOn(locks, 'socketLockProblem').mockReturnValue('a name is taken'));
    fs.chmodSync(directory, 0o755);
    expect(check(file, directory).slice(-2)).toEqual([
      `warn fallback directory: ${directory} is open to others: chmod 700 ${directory} → ls -ld ${directory}   # or set fallback_directory in collector.yaml`,
      'warn lock names: a name is taken → end that process, or ask its user to end it',
    ]);
  });
});
