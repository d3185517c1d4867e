/** The answers with feeds, calendars, badges and messages: their types, and that browsers run nothing of them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { getAtom, getBadge, getCalendar, getMotd } from '../../../src/server/feeds/api.ts';
import type { Answered } from '../../../src/server/http/answer.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import { openStatusStore, type StatusStore } from '../status/stored.ts';

let status: StatusStore;
beforeAll(async () => {
  status = await openStatusStore();
  const recent = new Date(Date.now() - 125_000).toISOString().slice(0, 19);
  for (const system of ['casper2', 'derecho']) {
    await status.snapshot(system, recent, { running_jobs: 7, login_nodes: [{ node_name: 'l', degraded: true }] });
  }
  await status.outage(recent, { system_name: 'derecho', title: 'Chiller', severity: 'minor', start_time: recent });
});
afterAll(() => status.close());

const call = (system?: string): Call => {
  const url = new URL('https://x.org/');
  const client = { address: '', isLocal: true, origin: url.origin, prefix: '' };
  return { request: new Request(url.href), url, client, parameters: system === undefined ? {} : { system } };
};

test.each<[type: string, ask: (call: Call) => Promise<Answered>, texts: readonly string[]]>([
  [
    'application/atom+xml',
    (one) => getAtom(status.store)(one),
    ['<id>https://x.org/status.atom</id>', '<title>derecho: Chiller</title>'],
  ],
  ['text/calendar', (one) => getCalendar(status.store)(one), ['@x.org\r\n', 'SUMMARY:derecho: Chiller\r\n']],
  ['image/svg+xml', (one) => getBadge(status.store)(one), ['<title>derecho: degraded</title>']],
  [
    'text/plain',
    (one) => getMotd(status.store, 'UTC')(one),
    [
      'derecho is degraded (data of 2 min ago)\n700 of 1,280 cores',
      '\n7 jobs running, 0 pending\nNow: Chiller\nTimes are in UTC.\n',
    ],
  ],
])('%s', async (type, ask, texts) => {
  const { response, note } = await ask(call('derecho'));
  expect([response.status, note, Object.fromEntries(response.headers)]).toEqual([
    200,
    undefined,
    {
      'content-type': `${type}; charset=utf-8`,
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
    },
  ]);
  const body = await response.text();
  for (const text of texts) expect(body).toContain(text);
});

test('an unknown system has neither a badge nor a message', async () => {
  for (const handle of [getBadge(status.store), getMotd(status.store, 'UTC')]) {
    await expect(handle(call('none'))).rejects.toMatchObject({ status: 404, message: 'There is no system none' });
  }
});
