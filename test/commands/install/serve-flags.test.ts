/** The flags of `serve` in a unit, which starts in another directory, and as another user if root installs it. */

import { expect, test } from 'bun:test';
import { checkedServeFlags } from '../../../src/commands/install/serve-flags.ts';
import type { Installation } from '../../../src/install/installation.ts';

const checked = (words: readonly string[], isRoot: boolean, binary = '/usr/local/bin/hpc-collector') => {
  const installation: Installation = {
    ...{ binary, flags: [], systems: [], environment: {} },
    ...{ host: 'login1', user: 'ada', isRoot },
  };
  return checkedServeFlags(words, installation);
};
const own = '/var/lib/hpc-collector-receiver/receiver.db';

test.each([
  [[]],
  [['--listen', ':80', '--public', '--tls-cert=/c', '--tls-key', '/k', '--config', '/e', '--log-file=/l=1']],
  [['--database', own]],
  [['--database', 'postgres://u@db.example.org/r', '--behind-proxy']],
])('%p are good for everybody', async (words) => {
  for (const isRoot of [false, true]) expect(await checked(words, isRoot)).toEqual(words);
});

test.each([
  ['--database', 'r.db'],
  ['--config', 'postgres://db/r'],
  ['--outbox', './o.db'],
  ['--log-file', 'a=/b'],
  ['--tls-cert', 'c.pem'],
  ['--tls-key', ''],
])('%s %s needs the full path', async (flag, value) => {
  const reason = new RegExp(`^${flag} ${value}: a unit needs the full path$`);
  await expect(checked(['--public', `${flag}=${value}`], false)).rejects.toThrow(reason);
  await expect(checked([flag, value, '--public'], false)).rejects.toThrow(reason);
});

test('a long path is cut', async () => {
  await expect(checked(['--config', 'p'.repeat(81)], false)).rejects.toThrow(`--config ${'p'.repeat(80)}…: a unit`);
});

test('only flags of serve are taken', async () => {
  await expect(checked(['--public', 'user', 'ls'], false)).rejects.toThrow(
    /^serve in a unit does not accept 'user': give only its flags$/,
  );
  await expect(checked(['w'.repeat(61)], false)).rejects.toThrow(`accept '${'w'.repeat(60)}…'`);
  await expect(checked(['--lisen', ':1'], false)).rejects.toThrow(
    /^hpc-collector serve has no flag --lisen: did you mean --listen\?$/,
  );
});

test("root's service has its own database, and no program in a home directory", async () => {
  const elsewhere = ['--database', '/srv/r.db'];
  expect(await checked(elsewhere, false)).toEqual(elsewhere);
  await expect(checked(elsewhere, true)).rejects.toThrow(
    `--database /srv/r.db: the service has a user of its own, who can only write below /var/lib/hpc-collector-receiver. Leave the flag out, and move the file to ${own}.`,
  );
  await expect(checked(['--database', `/${'d'.repeat(80)}`], true)).rejects.toThrow(
    `--database /${'d'.repeat(79)}…: the`,
  );
  // Another file than the database can be anywhere.
  expect(await checked(['--tls-cert', '/srv/c.pem'], true)).toHaveLength(2);
  for (const home of ['/root/', '/home/ada/bin/']) {
    const binary = `${home}hpc-collector`;
    expect(await checked([], false, binary)).toEqual([]);
    await expect(checked([], true, binary)).rejects.toThrow(
      `${binary}: the service has a user of its own, who cannot read home directories. Copy the program to /usr/local/bin, and run it there.`,
    );
  }
  expect(await checked([], true, '/opt/home/hpc-collector')).toEqual([]);
});
