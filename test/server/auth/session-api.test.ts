/** The handlers with which a page logs in and out, and asks who it is. */

import { expect, test } from 'bun:test';
import type { Visitor } from '../../../src/server/auth/access.ts';
import { deleteSession, getSession, postSession } from '../../../src/server/auth/session-api.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';

const expiresAt = new Date('2026-03-08T10:00:00Z');
const sessions = {
  begin: async (user: string) => ({ cookie: `cookie of ${user}`, expiresAt }),
  holder: () => Promise.resolve(null),
  end: async (headers: Headers) => `end of ${headers.get('cookie')}`,
};
const authenticator = {
  authenticate: () => Promise.reject(new Error('not asked')),
  login: async (user: string, password: string, address: string) => {
    if (password !== `secret of ${address}`) throw new RequestProblem(401, 'Invalid credentials');
    return { name: user, kind: 'user' as const, scopes: [] };
  },
};
const limits = { maxBytes: 100, idleSeconds: 30, totalSeconds: 30 };

function call(headers: Record<string, string>, body?: string): Call {
  const url = new URL('http://localhost/');
  const client = { address: '203.0.113.7', isLocal: false, origin: url.origin, prefix: '' };
  const request = new Request(url.href, body === undefined ? { headers } : { method: 'POST', headers, body });
  return { request, url, client, parameters: {} };
}

const json = { 'Content-Type': 'application/json' };
const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
test.each<[headers: Record<string, string>, body: string]>([
  [json, '{"user":"ada","password":"secret of 203.0.113.7"}'],
  [form, 'user=ada&password=secret+of+203.0.113.7'],
])('a login with %j is answered with a cookie', async (headers, body) => {
  const { response, note } = await postSession(authenticator, sessions, limits)(call(headers, body));
  expect([response.status, response.headers.get('set-cookie'), note]).toEqual([201, 'cookie of ada', 'ada']);
  expect(await response.json()).toEqual({ user: 'ada', expires_at: '2026-03-08T10:00:00.000Z' });
});

const empty = 'user and password must be non-empty texts';
test.each<[headers: Record<string, string>, body: string, status: number, words: string]>([
  [json, '{"user":"ada","password":"x"}', 401, 'Invalid credentials'],
  [json, '{"user":"","password":"x"}', 400, empty],
  [json, '{"user":"ada","password":""}', 400, empty],
  [json, '{"user":["ada"],"password":"x"}', 400, empty],
  [form, 'user=ada', 400, empty],
  [json, `"${'x'.repeat(99)}"`, 413, 'Request body is over 100 bytes'],
  [form, 'x'.repeat(101), 413, 'Request body is over 100 bytes'],
  [{ 'Content-Type': 'text/plain' }, 'x', 415, 'Content-Type must be application/json'],
])('a login with %j %j is refused with %d', async (headers, body, status, words) => {
  const asked = postSession(authenticator, sessions, limits)(call(headers, body));
  await expect(asked).rejects.toMatchObject({ status, message: words });
});

test('a logout ends the session of the cookie', async () => {
  const { response, note } = await deleteSession(sessions)(call({ Cookie: 'c' }));
  expect([response.status, response.headers.get('set-cookie'), await response.text(), note]).toEqual([
    ...[204, 'end of c', '', undefined],
  ]);
});

test('a page is told who it is', async () => {
  const ask = async (visitor: Omit<Visitor, 'shownName'>) =>
    (await getSession()(call({}), { ...visitor, shownName: () => null })).response.json();
  const account = { name: 'ada', kind: 'user', scopes: ['read', 'outages'] } as const;
  expect(await ask({ account, mayRead: true, isInsider: true, seesNames: false })).toEqual({
    ...{ user: 'ada', scopes: ['read', 'outages'], may_read: true, is_insider: true, sees_names: false },
  });
  expect(await ask({ account: null, mayRead: true, isInsider: false, seesNames: true })).toEqual({
    ...{ user: null, scopes: [], may_read: true, is_insider: false, sees_names: true },
  });
});
