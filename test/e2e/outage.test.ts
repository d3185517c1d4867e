/** What an outage of the API costs: nothing. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

const cycles = 20;

let site: Site;
let url: string;
beforeAll(async () => {
  site = newSite();
  for (const name of ['derecho', 'casper']) site.localSystem(name, { recording: 'empty-without-jobs' });
  // A port that was somebody's a moment ago.
  const api = startSamApi();
  url = api.url;
  await api.stop();
  site.api(url);
});
afterAll(() => site.remove());

test.concurrent('every snapshot of twenty runs arrives once, in order, when the API is back; until then the outbox lists them', async () => {
  await site.run('collect', 'derecho', 'casper');
  // Finds out that the API is down, without time for retries; the runs then leave it alone for a minute.
  expect(await site.run('drain', '--max-seconds', '0.7')).toMatchObject({ exit: 1 });
  let waiting = (await site.entries('pending')).map(({ id }) => id);
  expect(waiting).toHaveLength(2);

  for (let cycle = 1; cycle <= cycles; cycle++) {
    const { exit, stderr } = await site.run('run', 'derecho', 'casper');
    expect(exit).toBe(0);
    expect(stderr).toContain(`0 delivered, 0 rejected, ${2 + 2 * cycle} left`);
    if (cycle % 5 !== 0) continue;
    const now = (await site.entries()).map(({ id, state }) => (state === 'pending' ? id : state));
    expect(now).toHaveLength(2 + 2 * cycle);
    expect(now.slice(0, waiting.length)).toEqual(waiting);
    waiting = now;
  }

  const stored = await site.entries();
  const api = startSamApi(undefined, Number(new URL(url).port));
  expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
  expect(await site.run('outbox', 'ls')).toMatchObject({ stdout: 'There are no undelivered entries.\n' });
  for (const system of ['derecho', 'casper']) {
    const ids = stored.filter(({ stream }) => stream === `sam/${system}`).map(({ id }) => id);
    const posted = api.posted.filter(({ path }) => path === `/api/v1/status/${system}`);
    expect(posted.map(({ headers }) => headers.get('idempotency-key'))).toEqual(ids);
    const timestamps = posted.map(({ body }) => String(body.timestamp));
    expect(timestamps).toEqual([...new Set(timestamps)].sort());
  }
  // And it stays that way.
  await site.run('drain', '--now');
  expect(api.posted).toHaveLength(2 + 2 * cycles);
  await api.stop();
}, 60_000);

test.concurrent('the first run tries four times and logs the time of the next attempt; the next run sends no request', async () => {
  const other = newSite();
  other.localSystem('casper', { recording: 'empty-without-jobs' });
  other.api('http://127.0.0.1:1');
  const first = await other.run('run', 'casper');
  expect(first.exit).toBe(1);
  expect(first.stderr.match(/connection refused; retry \d\/3 in [\d.]+ s/g)).toHaveLength(3);
  expect(first.stderr).toMatch(/✗ casper status waits: .* not tried again before \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  expect(await other.run('run', 'casper')).toMatchObject({ exit: 0 });
  expect(await other.entries()).toMatchObject([{ attempts: 4, last_error: 'connection refused' }, { attempts: 0 }]);
  await other.remove();
}, 60_000);
