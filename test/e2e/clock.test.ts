/** Clocks that jump an hour between two commands, as the programs see them. */

import { afterEach, beforeEach, expect } from 'bun:test';
import { existsSync } from 'node:fs';
import { needsThat } from '../support/needs.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

const library = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));
const withFaketime = needsThat(library !== undefined, 'libfaketime');

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
  api = startSamApi();
  site.api(api.url);
  site.localSystem('derecho', { recording: 'empty-without-jobs' });
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

/** Runs a command with the clock so far off: `+1h`, `-1h`, `+0 x30`. */
const at = (offset: string, ...args: string[]) =>
  site.start(args, { env: { ...site.env, LD_PRELOAD: library ?? '', FAKETIME: offset } }).ended;

const posted = () => api.posted.map(({ headers }) => headers.get('idempotency-key') ?? '');

withFaketime('an hour ahead and back again: what was collected ahead is held and listed with the reason', async () => {
  await at('+0', 'collect', 'derecho');
  await at('+1h', 'collect', 'derecho');
  await at('+0', 'collect', 'derecho');
  const [before, ahead, after] = (await site.entries()).map(({ id }) => id);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toEqual([before ?? '', after ?? '']);
  expect(await site.entries('held')).toMatchObject([
    { id: ahead, attempts: 0, last_error: expect.stringContaining('collected in the future, at') },
  ]);
  const { stdout } = await site.run('outbox', 'ls');
  expect(stdout).toContain('held');
  expect(stdout).toContain('the clock was or is wrong');
});

withFaketime('an hour back and ahead again: the order is that of storing', async () => {
  for (const offset of ['+0', '-1h', '-1h', '+0']) await at(offset, 'collect', 'derecho');
  const stored = (await site.entries()).map(({ id }) => id);
  expect(stored).toHaveLength(4);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toEqual(stored);
});

withFaketime('a clock that stays an hour ahead is known by the API’s time and the host’s uptime', async () => {
  await at('+0', 'collect', 'derecho');
  expect(await at('+0', 'drain')).toMatchObject({ exit: 0 });
  await at('+1h', 'collect', 'derecho');
  await at('+1h', 'drain');
  expect(await site.entries('pending')).toEqual([]);
  expect(await site.entries('held')).toHaveLength(1);
  expect(posted()).toHaveLength(1);
});
