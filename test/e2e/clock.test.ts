/** Clocks that jump an hour between two commands, as the programs see them. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from '../support/needs.ts';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
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

withFaketime('snapshots in the fallback directory keep the order of storing when the clock goes back', async () => {
  const fallback = join(site.directory, 'fallback');
  site.configure('collector.yaml', `fallback_directory: ${fallback}\n`);
  mkdirSync(site.outbox, { recursive: true, mode: 0o700 });
  const spooled: string[] = [];
  for (const offset of ['+0', '-2h', '-1h']) {
    await at(offset, 'collect', 'derecho');
    const [id] = readdirSync(fallback)
      .map((name) => name.slice(-'.entry.json'.length - 36, -'.entry.json'.length))
      .filter((name) => !spooled.includes(name));
    spooled.push(id ?? '');
  }
  rmdirSync(site.outbox);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toEqual(spooled);
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

withFaketime('a stream that was stopped by a clock two days ahead is not kept back for two days', async () => {
  await at('+0', 'collect', 'derecho');
  site.api('http://127.0.0.1:9');
  expect(await at('+2d', 'drain', '--max-seconds', '1')).toMatchObject({ exit: 1 });
  site.api(api.url);
  // Listings tell the same as the drain does.
  expect(await site.entries('pending')).toMatchObject([{ last_error: 'connection refused', next_attempt_at: null }]);
  expect((await site.run('outbox', 'stats')).stdout).toMatch(/sends \S+ of sam\/derecho now/);
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toHaveLength(1);
});

withFaketime('an entry that a person released is sent although its timestamp is in the future', async () => {
  await at('+1h', 'collect', 'derecho');
  await site.run('drain');
  const [held] = await site.entries('held');
  expect(await site.run('outbox', 'release', held?.id ?? '')).toMatchObject({ exit: 0 });
  expect((await site.run('outbox', 'show', held?.id ?? '')).stdout).toContain('released       by outbox release');
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toEqual([held?.id ?? '']);
});

test('one cached page with an old date holds nothing', async () => {
  const old = { headers: { Date: new Date(Date.now() - 86_400_000).toUTCString() }, status: 503 };
  await api.stop();
  api = startSamApi((posted, count) => (count === 1 ? new Response('<html>Busy</html>', old) : accept(posted, count)));
  site.api(api.url);
  await site.run('collect', 'derecho');
  expect(await site.run('drain', '--max-seconds', '0.5')).toMatchObject({ exit: 1 });
  expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
  await site.run('collect', 'derecho');
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toHaveLength(3);
});

test('a damaged record of the API’s clock is ignored', async () => {
  await site.run('collect', 'derecho');
  const outbox = new Database(site.outbox);
  outbox.run("INSERT INTO meta (key, value) VALUES ('clock', '{\"server\":17')");
  outbox.close();
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(posted()).toHaveLength(1);
});
