import { afterAll, describe, expect, test } from 'bun:test';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkAddressSpace, checkSchedule } from '../../src/doctor/host.ts';
import { checkOutbox } from '../../src/doctor/outbox.ts';
import { createExecutor } from '../../src/exec/executor.ts';
import { runTask } from '../../src/install/systemd.ts';
import { networkFilesystem } from '../../src/lib/filesystem-type.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { claim } from '../../src/outbox/ownership.ts';
import { rememberDamage } from '../../src/outbox/recovery/past-damage.ts';
import { temporaryDirectory } from '../support/files.ts';
import { install } from '../support/playback.ts';

const temporary = temporaryDirectory();
afterAll(() => temporary.remove());

describe('the address space', () => {
  const limits = (soft: string) =>
    `Limit   Soft Limit\nMax address space         ${soft}            unlimited            bytes\n`;
  test.each([
    ['unlimited', 'pass'],
    ['600000000', 'pass'],
    ['599999999', 'fail'],
  ])('of %s: %s', (soft, result) => {
    expect(checkAddressSpace(limits(soft))).toMatchObject({ result });
  });

  test('is skipped if the host does not report it', () => {
    expect(checkAddressSpace('nothing')).toMatchObject({ result: 'skip' });
  });
});

describe('cron', () => {
  const line = '*/5 * * * * /home/me/bin/hpc-collector -q run derecho';
  test.each([
    ['calls us', `echo '${line}'`, 'pass'],
    ['has another line', "echo '0 * * * * backup'", 'warn'],
    ['has our line commented out', `echo '# ${line}'`, 'warn'],
    ['has no crontab', 'echo "no crontab for me" >&2; exit 1', 'warn'],
  ])('%s', async (name, script, result) => {
    const directory = join(temporary.path, name);
    install(directory, { crontab: `#!/bin/sh\n${script}\n` });
    const executor = createExecutor({
      environment: { PATH: directory },
      connectTimeoutSeconds: 1,
      searchPath: [],
      hostName: 'here',
    });
    const finding = await checkSchedule(executor, runTask, '/nonexistent');
    expect(finding).toMatchObject({
      result,
      remedy: result === 'pass' ? null : expect.stringContaining('install cron'),
    });
  });

  test('is skipped if it is not installed', async () => {
    const executor = createExecutor({
      environment: { PATH: '/nonexistent' },
      connectTimeoutSeconds: 1,
      searchPath: [],
      hostName: 'here',
    });
    expect(await checkSchedule(executor, runTask, '/nonexistent')).toMatchObject({ result: 'skip' });
  });
});

describe('the outbox', () => {
  const outbox = (name: string) => {
    const directory = join(temporary.path, name);
    mkdirSync(directory, { mode: 0o700 });
    return join(directory, 'outbox.db');
  };
  const found = (file: string) =>
    checkOutbox(file, 'here', '/nonexistent/fallback')
      .filter(({ name }) => name !== 'fallback directory' && name !== 'lock names')
      .map(({ name, result }) => `${result} ${name}`);

  test('that does not exist yet passes', () => {
    const file = join(temporary.path, 'not/there/outbox.db');
    expect(found(file)).toEqual([
      'pass outbox directory',
      'pass outbox filesystem',
      'pass outbox space',
      'skip outbox',
    ]);
  });

  test('of this host is in order', () => {
    const file = outbox('own');
    const opened = new Outbox(file);
    claim(opened.database, file, 'here.example.org');
    opened.close();
    expect(found(file).slice(-2)).toEqual(['pass outbox host', 'pass outbox damage']);
  });

  test('of another host, with unacknowledged damage, is reported', () => {
    const file = outbox('other');
    const opened = new Outbox(file);
    claim(opened.database, file, 'elsewhere');
    rememberDamage(opened.database, {
      at: '2026-01-01',
      file,
      reason: 'x',
      recovered: 1,
      without_body: 0,
      without_entry: 0,
    });
    opened.close();
    expect(found(file).slice(-2)).toEqual(['fail outbox host', 'warn outbox damage']);
  });

  test('that is not an outbox, or of a newer version, fails', () => {
    const file = outbox('broken');
    writeFileSync(file, 'this is no database, whatever its name says, and it is long enough to tell'.repeat(20));
    expect(found(file).at(-1)).toBe('fail outbox');
    const newer = outbox('newer');
    const opened = new Outbox(newer);
    opened.database.run('PRAGMA user_version = 999');
    opened.close();
    expect(found(newer).at(-1)).toBe('fail outbox');
  });

  test('in a directory that others may read is a warning', () => {
    const file = outbox('open');
    chmodSync(join(file, '..'), 0o755);
    expect(found(file)[0]).toBe('warn outbox directory');
  });

  test('below a file fails', () => {
    writeFileSync(join(temporary.path, 'file'), '');
    expect(found(join(temporary.path, 'file/x/outbox.db'))[0]).toBe('fail outbox directory');
  });
});

test.each([
  [0x6969, 'NFS'],
  [0x0bd00bd0, 'Lustre'],
  [0x47504653, 'GPFS'],
  [0xff534d42, 'CIFS'],
  [0xff534d42 | 0, 'CIFS'],
  [0xef53, null],
  [0x01021994, null],
])('a filesystem of type %d is %p', (type, name) => {
  expect(networkFilesystem(type)).toBe(name);
});
