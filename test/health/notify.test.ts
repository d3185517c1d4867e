import { afterEach, beforeEach, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { AlertSettings } from '../../src/config/alerts.ts';
import type { HealthFinding } from '../../src/health/findings.ts';
import { pingHeartbeat } from '../../src/health/notify/heartbeat.ts';
import { readNotifiedState } from '../../src/health/notify/notified-state.ts';
import { notify } from '../../src/health/notify/notify.ts';
import { failureOfReply } from '../../src/health/notify/send-message.ts';
import { newOutbox, type TestOutbox } from '../outbox/queue.ts';
import { memoryLog } from '../support/memory-log.ts';

type Json = Readonly<Record<string, unknown>>;

const start = Date.parse('2026-05-01T12:00Z');
const down: readonly HealthFinding[] = [
  { topic: 'delivery', system: null, status: 'critical', text: 'nothing arrives', alerts: true, isSilenced: false },
];

let box: TestOutbox;
let got: { readonly method: string; readonly type: string | null; readonly body: Json }[];
let status: number;
let server: Bun.Server<undefined>;
beforeEach(() => {
  box = newOutbox();
  got = [];
  status = 204;
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const text = await request.text();
      const { method, headers } = request;
      got.push({ method, type: headers.get('content-type'), body: text === '' ? {} : JSON.parse(text) });
      return new Response(null, { status, headers: status === 302 ? { location: '/login' } : {} });
    },
  });
});
afterEach(async () => {
  await server.stop(true);
  box.remove();
});

const url = () => `http://127.0.0.1:${server.port}/T0/secret-token`;

/** A run every five minutes, each with what it finds; gives the lines of the log. */
async function runs(
  findings: readonly (readonly HealthFinding[])[],
  rest: Partial<AlertSettings>,
  from = 0,
): Promise<string[]> {
  const { log, lines } = memoryLog();
  const settings: AlertSettings = {
    command: null,
    webhook: null,
    heartbeatUrl: null,
    stillAfterHours: 4,
    proxyTo: () => null,
    ...rest,
  };
  for (const [index, found] of findings.entries()) {
    const now = new Date(start + (from + index) * 300_000);
    await notify(box.outbox, found, settings, log, now);
  }
  return lines;
}

test('an outage of twenty runs sends two messages to the webhook', async () => {
  await runs([[], ...Array<readonly HealthFinding[]>(20).fill(down), [], []], { webhook: url() });
  expect(got.map(({ method, type }) => [method, type])).toEqual(Array(2).fill(['POST', 'application/json']));
  expect(got[0]?.body).toEqual({
    id: expect.any(String),
    event: 'problem',
    status: 'critical',
    host: hostname(),
    at: '2026-05-01T12:05:00.000Z',
    text: `hpc-collector on ${hostname()}: PROBLEM: nothing arrives`,
  });
  expect(got[1]?.body).toMatchObject({ event: 'recovered', status: 'ok' });
});

test('a command gets the message as its last argument, and its kind in the environment', async () => {
  const program = join(dirname(box.file), 'tell');
  const said = join(dirname(box.file), 'said');
  writeFileSync(program, `#!/bin/sh\nprintf '%s|' "$@" "$HPC_COLLECTOR_EVENT" "$HPC_COLLECTOR_STATUS" >>${said}\n`);
  chmodSync(program, 0o755);
  await runs([down, down, []], { command: [program, 'a b', '$(id)'] });
  const host = `hpc-collector on ${hostname()}`;
  expect(readFileSync(said, 'utf8')).toBe(
    `a b|$(id)|${host}: PROBLEM: nothing arrives|problem|critical|a b|$(id)|${host}: RECOVERED: delivery after 10m|recovered|ok|`,
  );
});

test.each([
  [302, 'HTTP 302'],
  [500, 'HTTP 500'],
])('a webhook that answers %p is tried 13 times in nine hours, and no secret is logged', async (code, words) => {
  status = code;
  const lines = await runs(Array<readonly HealthFinding[]>(200).fill(down), { webhook: url(), stillAfterHours: 1000 });
  expect(got).toHaveLength(13);
  expect(new Set(got.map(({ body }) => body.id)).size).toBe(1);
  expect(lines.filter((line) => line.startsWith('WARN'))).toHaveLength(12);
  expect(lines.at(-1)).toBe(
    `ERROR ✗ cannot notify the webhook (${words}): PROBLEM: nothing arrives; given up after 13 attempts: correct notify in collector.yaml`,
  );
  expect(lines.join()).not.toContain('secret-token');
  expect(readNotifiedState(box.outbox).messages).toEqual([]);
});

test('messages that failed are sent in order when the webhook answers again', async () => {
  status = 503;
  await runs([down, []], { webhook: url() });
  status = 200;
  got.length = 0;
  await runs([[], [], []], { webhook: url() }, 4);
  expect(got.map(({ body }) => body.event)).toEqual(['problem', 'recovered']);
});

test('if several messages are pending and the webhook fails, a run tries it once', async () => {
  status = 503;
  await runs([down, [], down, []], { webhook: url() });
  expect(got).toHaveLength(4);
  expect(new Set(got.map(({ body }) => body.id)).size).toBe(1);
  await runs(Array<readonly HealthFinding[]>(6).fill([]), { webhook: url() }, 4);
  expect(got).toHaveLength(4);
});

test('a command that succeeded is not run again if only the webhook fails', async () => {
  const said = join(dirname(box.file), 'said');
  status = 500;
  const command = ['/bin/sh', '-c', `echo "$1" >>${said}`, 'tell'] as const;
  await runs(Array<readonly HealthFinding[]>(10).fill(down), { webhook: url(), command });
  expect(readFileSync(said, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  expect(got.length).toBeGreaterThan(1);
});

test.each<[string, readonly [string, ...string[]], RegExp]>([
  ['is not there', ['/nonexistent/tell', 'secret'], /there is no \/nonexistent\/tell/],
  ['fails', ['/bin/sh', '-c', 'echo sorry >&2; exit 3'], /\/bin\/sh exited with 3: sorry/],
])('a command that %s is a warning', async (_, command, words) => {
  const [line = ''] = await runs([down], { command });
  expect(line).toMatch(words);
  expect(line).toContain('tried again after 2026-05-01 12:04:00 UTC');
  expect(line).not.toContain('secret');
});

test('a status of 2xx is success, and the reason of a failure does not show the address', () => {
  const answer = (status: number) =>
    failureOfReply(
      {
        kind: 'answer',
        status,
        body: '',
        unread: null,
        location: null,
        retryAfter: null,
        date: null,
        snapshotOrder: null,
      },
      url(),
    );
  expect([199, 200, 299, 300].map(answer)).toEqual(['HTTP 199', null, null, 'HTTP 300']);
  const reason = `no answer from ${url()}, nor from ${url()} through the proxy`;
  expect(failureOfReply({ kind: 'none', reason, failure: 'lost', neverSent: true }, url())).toBe(
    'no answer from (its address), nor from (its address) through the proxy',
  );
});

test('without a notification channel nothing is stored', async () => {
  await runs([down], {});
  expect(readNotifiedState(box.outbox)).toEqual({ problems: [], messages: [] });
});

test('the heartbeat is a GET; its failure and its recovery are logged once each', async () => {
  const { log, lines } = memoryLog();
  for (const code of [204, 500, 500, 500, 200, 200]) {
    status = code;
    await pingHeartbeat(box.outbox, url(), null, log);
  }
  expect(got.map(({ method }) => method)).toEqual(Array(6).fill('GET'));
  expect(lines).toEqual([
    'WARN the heartbeat fails (HTTP 500): check heartbeat_url; every run tries again, without another message',
    'DEBUG the heartbeat still fails: HTTP 500',
    'DEBUG the heartbeat still fails: HTTP 500',
    'INFO The heartbeat works again',
  ]);
  expect(existsSync(box.file)).toBe(true);
});

test.each([90, 2 * 24 * 60])(
  'a message whose next time a clock %d minutes ahead set is not kept back until then',
  async (minutes) => {
    status = 503;
    await runs([[], down], { webhook: url() }, minutes / 5);
    status = 200;
    await runs([down, down], { webhook: url() });
    expect(got.map(({ body }) => body.event)).toEqual(['problem', 'problem']);
    expect(readNotifiedState(box.outbox).messages).toEqual([]);
  },
);
