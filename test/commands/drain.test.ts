/** What `drain` prints before it delivers anything. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { put } from '../outbox/queue.ts';
import { changeOutbox } from '../support/change-outbox.ts';
import { program } from '../support/every-command.ts';
import { runInProcess } from '../support/in-process.ts';
import { startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const drain = (...args: string[]) => runInProcess(program, ['drain', ...args], site.env);

test('--dry-run prints the bodies of the pending entries, and logs the address of each', async () => {
  expect(await drain('--dry-run')).toEqual({ exit: 0, stdout: '', stderr: '' });
  const [one, two] = changeOutbox(site, (box) => {
    put(box, { state: 'held' });
    put(box, { state: 'rejected', rejectedBecause: 'HTTP 400' });
    return [put(box), put(box, { stream: 'sam/derecho', path: '/api/v1/status/derecho', body: '{"nodes":2}' })];
  });
  const line = (address: string, id: string) => `INFO [collector] [DRY RUN] Would POST to ${address} (entry ${id})\n`;
  const said = async (...args: string[]) => {
    const { exit, stdout, stderr } = await drain('--dry-run', ...args);
    return { exit, stdout, log: stderr.replaceAll(/^\[[-\d: ]+\] /gm, '') };
  };
  const casper = line('(no address configured)/api/v1/status/casper', one.id);
  const derecho = (address: string) => line(`${address}/api/v1/status/derecho`, two.id);
  expect(await said()).toEqual({
    exit: 0,
    stdout: '{"nodes":1}\n{"nodes":2}\n',
    log: `${casper}${derecho('(no address configured)')}`,
  });
  site.api('https://sam.example.org');
  expect(await said('--stream', 'sam/derecho')).toEqual({
    exit: 0,
    stdout: '{"nodes":2}\n',
    log: derecho('https://sam.example.org'),
  });
});

test('sends an entry that rests only with --now', async () => {
  const api = startSamApi();
  site.api(api.url);
  changeOutbox(site, (box) => box.postpone(put(box), new Date(Date.now() + 600_000)));
  expect(await drain()).toEqual({ exit: 0, stdout: '', stderr: '' });
  expect(api.posted).toEqual([]);
  expect((await drain('--now')).exit).toBe(0);
  expect(api.posted).toHaveLength(1);
  await api.stop();
});

test.each(['0', '-1', 'soon', ''])('--max-seconds=%s is refused', async (text) => {
  expect(await drain(`--max-seconds=${text}`)).toEqual({
    exit: 2,
    stdout: '',
    stderr: `hpc-collector: --max-seconds ${text}: give a number of seconds\n`,
  });
});

test('a missing outbox is an error only if it is named', async () => {
  const file = `${site.directory}/typo.db`;
  for (const args of [
    ['--outbox', file],
    ['--outbox', file, '--dry-run'],
  ]) {
    const stderr = `hpc-collector: there is no outbox ${file}: correct --outbox\n`;
    expect(await drain(...args)).toEqual({ exit: 2, stdout: '', stderr });
  }
  expect(await drain('--max-seconds', '0.1')).toEqual({ exit: 0, stdout: '', stderr: '' });
});
