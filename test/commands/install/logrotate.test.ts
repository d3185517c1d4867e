/** `install logrotate`: the configuration for the log of this host, and the switch of our own rotation. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownerOf } from '../../../src/commands/install/owner.ts';
import * as logrotate from '../../../src/install/logrotate.ts';
import { OperatorError } from '../../../src/lib/errors.ts';
import { needsThat } from '../../support/needs.ts';
import { installHost, refused, said } from './host.ts';

const file = '/etc/logrotate.d/hpc-collector';
let host: ReturnType<typeof installHost>;
let settings: string;
beforeEach(() => {
  host = installHost(0);
  settings = join(host.config, 'collector.yaml');
});
afterEach(() => host.remove());

/** The host of a user who is not root. */
const asUser = () => {
  host.remove();
  host = installHost(1000);
  settings = join(host.config, 'collector.yaml');
};

test('it is for the common log and those of systems, each once', async () => {
  const log = join(host.config, 'collector.log');
  const variables = { DERECHO_LOG_FILE: '/var/log/derecho.log', CASPER_LOG_FILE: log };
  expect(await host.runWith(variables, 'logrotate')).toEqual(
    said(logrotate.logrotateText([log, '/var/log/derecho.log'], await ownerOf(log)).trimEnd()),
  );
  expect([host.files.size, existsSync(settings)]).toEqual([0, false]);
});

describe('as root', () => {
  const text = async () => {
    const log = join(host.config, 'collector.log');
    return logrotate.logrotateText([log], await ownerOf(log));
  };

  test('--write writes the file and turns our own rotation off, once; --remove reverses both', async () => {
    host.configure('collector.yaml', '# mine\nsystems: [casper]\n');
    expect(await host.run('logrotate', '--write')).toEqual(
      said(`Wrote ${file}`, `Turned our own rotation off in ${settings}`),
    );
    expect([...host.files]).toEqual([[file, await text()]]);
    expect(readFileSync(settings, 'utf8')).toBe('# mine\nsystems: [casper]\nlog: { rotate: false }\n');
    expect(await host.run('logrotate', '--write')).toEqual(said(`${file} exists already`));
    expect(await host.run('logrotate', '--remove')).toEqual(
      said(`Removed ${file}`, `Turned our own rotation on in ${settings}`),
    );
    expect(host.files.size).toBe(0);
    expect(readFileSync(settings, 'utf8')).not.toContain('rotate');
    expect(await host.run('logrotate', '--remove')).toEqual(said(`${file} does not exist`));
  });

  test('settings that do not exist are made, and --remove needs none', async () => {
    expect(await host.run('logrotate', '--remove')).toEqual(said(`${file} does not exist`));
    expect(existsSync(settings)).toBe(false);
    await host.run('logrotate', '--write');
    expect(readFileSync(settings, 'utf8')).toBe('log: { rotate: false }\n');
  });

  test('a file that cannot be written leaves the settings as they were', async () => {
    host.fileFailure = new OperatorError('it is in the way');
    expect(await host.run('logrotate', '--write')).toEqual(refused('it is in the way'));
    expect(existsSync(settings)).toBe(false);
    host.configure('collector.yaml', 'systems: [casper]\n');
    expect(await host.run('logrotate', '--write')).toEqual(refused('it is in the way'));
    expect(readFileSync(settings, 'utf8')).toBe('systems: [casper]\n');
    host.configure('collector.yaml', 'log: { rotate: false }\n');
    expect(await host.run('logrotate', '--write')).toEqual(refused('it is in the way'));
    expect(await host.run('logrotate', '--remove')).toEqual(refused('it is in the way'));
    expect(readFileSync(settings, 'utf8')).toBe('log: { rotate: false }\n');
  });

  test.each([
    ['--write', false],
    ['--remove', true],
  ])('%s says what to put into settings that cannot be written', async (flag, rotate) => {
    const change = spyOn(logrotate, 'withRotation').mockImplementation(() => {
      throw new Error('the disk is full');
    });
    expect(await host.run('logrotate', flag)).toEqual(
      refused(`cannot write ${settings}: the disk is full; put log: { rotate: ${rotate} } there`),
    );
    change.mockRestore();
    expect(host.files.size).toBe(0);
  });
});

describe('as another user', () => {
  test('--write and --remove say what root must do', async () => {
    asUser();
    expect(await host.run('logrotate', '--write')).toEqual(
      refused(
        `only root may write ${file}: type hpc-collector install logrotate | sudo tee ${file}, and put log: { rotate: false } in ${settings}`,
      ),
    );
    expect(await host.run('logrotate', '--remove')).toEqual(
      refused(`only root may remove ${file}: type sudo rm ${file}, and remove log.rotate from ${settings}`),
    );
    expect([host.files.size, existsSync(settings)]).toEqual([0, false]);
  });

  test('a log in a directory that does not exist yet is theirs', async () => {
    asUser();
    expect(await ownerOf(join(host.directory, 'new/x.log'))).toMatchObject({ user: 'ada' });
  });
});

needsThat(process.getuid?.() === 0, 'root').each<[mode: number, uid: number, gid: number, owner: object | null]>([
  [0o755, 0, 0, null],
  [0o775, 0, 0, null],
  [0o777, 0, 0, { user: 'root', group: '0' }],
  [0o755, 0, 1000, null],
  [0o775, 0, 1000, { user: 'root', group: 'staff' }],
  [0o757, 0, 1000, { user: 'root', group: 'staff' }],
  [0o700, 1000, 0, { user: 'ada', group: '0' }],
  [0o700, 1000, 1000, { user: 'ada', group: 'staff' }],
  [0o700, 54321, 54322, { user: '54321', group: '54322' }],
])('a directory of mode %o of user %i and group %i is rotated as %p', async (mode, uid, gid, owner) => {
  const logs = join(host.directory, 'logs');
  mkdirSync(logs);
  chownSync(logs, uid, gid);
  chmodSync(logs, mode);
  expect(await ownerOf(join(logs, 'x.log'))).toEqual(owner as Awaited<ReturnType<typeof ownerOf>>);
});
