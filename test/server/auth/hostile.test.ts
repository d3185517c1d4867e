/** Headers that no client should send. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { basic, password, raw, startForTest, type TestReceiver, user } from '../helper.ts';

let receiver: TestReceiver;
beforeAll(async () => {
  receiver = await startForTest({ isBehindProxy: true });
});
afterAll(() => receiver.remove());

/** A header value: visible Latin-1 with blanks inside, among it what the receiver parses. */
const value = fc.oneof(
  fc.stringMatching(/^[!-~\u00a1-\u00ff][ -~\u00a1-\u00ff]{0,200}$/),
  fc.constantFrom(
    'Basic',
    'Basic =',
    'Basic Og==',
    `Basic ${btoa("x' OR 1=1 --:y")}`,
    `Bearer ${'A'.repeat(43)}`,
    'Bearer',
    `hpc-collector-session=${'A'.repeat(43)}`,
    'hpc-collector-session=; hpc-collector-session',
    `hpc-collector-session=${"'".repeat(43)}`,
    '127.0.0.1',
    '::1, , ,',
    ','.repeat(500),
    'https',
    'null',
    '*',
  ),
);
const names = [
  'Authorization',
  'X-API-Key',
  'Cookie',
  'Origin',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Prefix',
  'Forwarded',
  'Sec-Fetch-Dest',
  'Idempotency-Key',
] as const;
const requests = fc.record({
  method: fc.constantFrom('GET', 'POST', 'DELETE', 'PATCH', 'PUT'),
  path: fc.constantFrom('/api/v1/status/outages', '/api/v1/status/derecho', '/api/v1/session', '/api/data/ingest', '/'),
  headers: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 }),
});

test('any headers get an answer of the API that shows no data and no inside of the receiver', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async ({ method, path, headers }) => {
      const answer = await fetch(receiver.url + path, { method, headers });
      const text = await answer.text();
      const isExpected = answer.status < 500 || (path.endsWith('/ingest') && text.includes('No API keys configured'));
      expect({ status: answer.status, text, isExpected }).toMatchObject({ isExpected: true });
      expect(text).not.toMatch(/SELECT|sqlite|at .*\.ts/i);
      // Without valid credentials only the question who one is, the logout and the page have a good answer.
      if (answer.ok)
        expect([path, method]).toEqual([expect.stringMatching(/^\/(api\/v1\/session)?$/), expect.any(String)]);
    }),
    { numRuns: 300 },
  );
  expect((await receiver.get('outages')).status).toBe(200);
}, 60_000);

test.each([
  ['one of over 16 KiB', `X: ${'a'.repeat(20_000)}\r\n`],
  ['too many', 'X: a\r\n'.repeat(5000)],
])('headers, %s, are refused before anything is read', async (_, headers) => {
  const answer = await raw(
    receiver.url,
    `GET /api/v1/status/outages HTTP/1.1\r\nHost: x\r\nAuthorization: ${basic(user, password)}\r\n${headers}\r\n`,
  );
  expect(answer).toStartWith('HTTP/1.1 431');
});
