import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { originsIn } from '../../../src/server/http/cors.ts';
import { login } from '../helper.ts';
import { type IngestReceiver, startIngest } from '../usage/helper.ts';

const page = 'https://dashboard.example.org';
let receiver: IngestReceiver;
beforeAll(async () => {
  receiver = await startIngest({ ingest: { origins: originsIn(`http://localhost:3100, ${page}`) } });
});
afterAll(() => receiver.remove());

const ask = (path: string, method: string, headers: Record<string, string>) =>
  fetch(receiver.url + path, { method, headers });
const preflight = (origin: string, method: string) =>
  ask('/api/dashboard/stats/hpc1', 'OPTIONS', { Origin: origin, 'Access-Control-Request-Method': method });
const allowed = (answer: Response) => answer.headers.get('access-control-allow-origin');

test.each([
  [page, page],
  ['http://localhost:3100', 'http://localhost:3100'],
  ['https://dashboard.example.org.evil.example', null],
  ['http://dashboard.example.org', null],
  ['https://DASHBOARD.example.org', null],
  ['null', null],
])('a page of %p may read: %p', async (origin, expected) => {
  const answer = await ask('/api/dashboard/health', 'GET', { Origin: origin });
  expect(answer.status).toBe(200);
  expect(allowed(answer)).toBe(expected);
  expect(answer.headers.get('vary')).toBe('Origin');
  expect(allowed(await ask('/api/dashboard/health', 'HEAD', { Origin: origin }))).toBe(expected);
  expect(allowed(await preflight(origin, 'GET'))).toBe(expected);
});

test('it may read why it was refused, too', async () => {
  const answer = await ask('/api/dashboard/stats/hpc1', 'GET', { Origin: page, 'X-API-Key': 'wrong' });
  expect([answer.status, allowed(answer)]).toEqual([401, page]);
});

test('it may send a key or a login, and the browser sends its own', async () => {
  const answer = await preflight(page, 'GET');
  expect(answer.status).toBe(204);
  expect(answer.headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type, X-API-Key');
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true');
});

test('it may post a question', async () => {
  expect((await preflight(page, 'POST')).headers.get('access-control-allow-methods')).toBe('GET, POST');
  const headers = { Origin: page, 'X-API-Key': receiver.key, 'Content-Type': 'application/json' };
  const answer = await fetch(`${receiver.url}/api/dashboard/charts`, { method: 'POST', headers, body: '{}' });
  expect([answer.status, allowed(answer)]).toEqual([422, page]);
});

test('it may not store anything', async () => {
  const posted = await ask('/api/data/ingest', 'POST', { Origin: page, 'X-API-Key': receiver.key });
  expect([posted.status, allowed(posted)]).toEqual([403, null]);
});

test('a page of another origin may not post a question with the login of the browser', async () => {
  const headers = { ...login, Origin: 'https://evil.example', 'Content-Type': 'application/json' };
  const answer = await fetch(`${receiver.url}/api/dashboard/charts`, { method: 'POST', headers, body: '{}' });
  expect([answer.status, allowed(answer)]).toEqual([403, null]);
});

test('no page may use the SAM API', async () => {
  const answer = await ask('/api/v1/status/outages', 'GET', { ...login, Origin: page });
  expect([answer.status, allowed(answer)]).toEqual([200, null]);
});

test('without CORS_ORIGINS no page may read', async () => {
  const closed = await startIngest();
  const answer = await fetch(`${closed.url}/api/dashboard/health`, { headers: { Origin: page } });
  expect(allowed(answer)).toBeNull();
  await closed.remove();
});

describe('CORS_ORIGINS', () => {
  test.each(['*', 'dashboard.example.org', 'https://dashboard.example.org/', 'https://a.example, *'])(
    'may not be %p',
    (variable) => {
      expect(() => originsIn(variable)).toThrow('which is not an origin: write SCHEME://HOST');
    },
  );

  test('may be empty', () => {
    expect(originsIn('').size + originsIn(undefined).size).toBe(0);
  });
});
