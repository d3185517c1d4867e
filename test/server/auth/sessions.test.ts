/** Logins of browsers, and writes of pages of other origins. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { addUser, changePassword, removeUser } from '../../../src/server/auth/users.ts';
import { startReceiver } from '../../../src/server/receiver.ts';
import { overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  const page = 'https://status.example.org';
  /** What the proxy adds to every request. */
  const proxy = { Host: 'status.example.org', 'X-Forwarded-Proto': 'https', 'X-Forwarded-For': '203.0.113.7' };
  beforeAll(async () => {
    receiver = await startForTest({ engine, isBehindProxy: true });
    await addUser(receiver.database, 'anna', 'secret', ['read:names', 'write:gust']);
  });
  afterAll(() => receiver.remove());

  const session = (method: string, init: { headers?: Record<string, string>; body?: string } = {}) =>
    fetch(`${receiver.url}/api/v1/session`, { method, ...init, headers: { ...proxy, ...init.headers } });
  const json = { 'Content-Type': 'application/json' };
  const logIn = (body: unknown, headers: Record<string, string> = {}) =>
    session('POST', { headers: { ...json, Origin: page, ...headers }, body: JSON.stringify(body) });
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const read = async (cookie: string) =>
    (await receiver.send('GET', 'outages', { headers: { ...proxy, Cookie: cookie } })).status;
  /** A new session of the user. */
  const begun = async () => cookieOf(await logIn({ user: 'anna', password: 'secret' }));

  test('a login gives a cookie that reads, until the logout', async () => {
    const answer = await logIn({ user: 'anna', password: 'secret' });
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ user: 'anna', expires_at: expect.stringMatching(/Z$/) });
    const cookie = cookieOf(answer);
    expect(cookie).toMatch(/^hpc-collector-session=[\w-]{43}$/);
    expect(await read(cookie)).toBe(200);
    const ended = await session('DELETE', { headers: { Cookie: cookie, Origin: page } });
    expect([ended.status, ended.headers.get('set-cookie')]).toEqual([
      204,
      'hpc-collector-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax; Secure',
    ]);
    expect(await read(cookie)).toBe(401);
  });

  test('the cookie is HttpOnly, SameSite=Lax, and Secure if the page came over TLS', async () => {
    const attributes = async (headers: Record<string, string>) =>
      (await logIn({ user: 'anna', password: 'secret' }, headers)).headers.get('set-cookie')?.replace(/^[^;]*; /, '') ??
      '';
    expect(await attributes({})).toBe('Max-Age=604800; Path=/; HttpOnly; SameSite=Lax; Secure');
    const plain = { 'X-Forwarded-Proto': 'http', Origin: 'http://status.example.org' };
    expect(await attributes(plain)).toBe('Max-Age=604800; Path=/; HttpOnly; SameSite=Lax');
    expect(await attributes({ 'X-Forwarded-Prefix': '/status' })).toContain('; Path=/status; ');
  });

  test('every receiver of the database knows the session', async () => {
    const { database } = receiver;
    const second = await startReceiver({ hostname: '127.0.0.1', port: 0, database, isBehindProxy: true });
    const headers = { ...proxy, Cookie: await begun() };
    expect((await fetch(`${second.url}/api/v1/status/outages`, { headers })).status).toBe(200);
    await second.stop();
  });

  test('a refusal is logged with the address that the proxy reports', async () => {
    await logIn({ user: 'anna', password: 'wrong' });
    expect(receiver.lines.at(-1)).toMatch(/^401 POST .*: Invalid credentials, from 203\.0\.113\.7$/);
  });

  test('a form logs in too', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded', Origin: page };
    const answer = await session('POST', { headers, body: 'user=anna&password=secret' });
    expect([answer.status, await read(cookieOf(answer))]).toEqual([201, 200]);
  });

  test.each<[unknown, number, string]>([
    [{ user: 'anna', password: 'wrong' }, 401, 'Invalid credentials'],
    [{ user: 'nobody', password: 'secret' }, 401, 'Invalid credentials'],
    [{ user: 'anna' }, 400, 'user and password must be non-empty texts'],
    [{ user: ['anna'], password: 'secret' }, 400, 'user and password must be non-empty texts'],
    [{ user: 'anna', password: 'x'.repeat(5000) }, 413, 'Request body is over 4096 bytes'],
  ])('%j is refused with %p, without a cookie', async (body, status, error) => {
    const answer = await logIn(body);
    expect([answer.status, await answer.json(), answer.headers.get('set-cookie')]).toEqual([status, { error }, null]);
  });

  test('the page can read the user of its session, with and without a login', async () => {
    const who = async (cookie: string) => (await session('GET', { headers: { Cookie: cookie } })).json();
    const nobody = { user: null, scopes: [], may_read: false, is_insider: false, sees_names: false };
    expect(await who('')).toEqual(nobody);
    expect(await who('hpc-collector-session=invented')).toEqual(nobody);
    expect(await who(`other=1; ${await begun()}`)).toEqual({
      user: 'anna',
      scopes: ['read:names', 'write:gust'],
      may_read: true,
      is_insider: true,
      sees_names: true,
    });
  });

  test('a new password and the removal of the user end the sessions', async () => {
    await addUser(receiver.database, 'leaving', 'first');
    const first = cookieOf(await logIn({ user: 'leaving', password: 'first' }));
    expect(await read(first)).toBe(200);
    await changePassword(receiver.database, 'leaving', 'second');
    expect(await read(first)).toBe(401);
    const second = cookieOf(await logIn({ user: 'leaving', password: 'second' }));
    expect(await read(second)).toBe(200);
    await removeUser(receiver.database, 'leaving');
    expect(await read(second)).toBe(401);
  });

  test('a session ends at its time, and the next login deletes it', async () => {
    const cookie = await begun();
    await receiver.change("UPDATE sessions SET expires_at = '2026-01-01T00:00:00'");
    expect(await read(cookie)).toBe(401);
    await begun();
    expect(await receiver.rows('sessions')).toBe(1);
  });

  test('the database has the hash of the token only', async () => {
    const token = (await begun()).split('=')[1] ?? '';
    const stored = await receiver.all<{ token_sha256: Uint8Array }>('SELECT token_sha256 FROM sessions');
    expect(stored.some((row) => Buffer.from(row.token_sha256).includes(token))).toBe(false);
    expect(receiver.lines.join()).not.toContain(token);
  });

  describe('a write', () => {
    const post = async (headers: Record<string, string>) => {
      const body = JSON.stringify({ ...leastTotals, timestamp: new Date().toISOString() });
      return (await receiver.send('POST', 'gust', { headers: { ...proxy, ...json, ...headers }, body })).status;
    };

    test('with a session needs the origin of the receiver', async () => {
      const cookie = await begun();
      expect(await post({ Cookie: cookie, Origin: page })).toBe(201);
      expect(await post({ Cookie: cookie })).toBe(403);
      for (const origin of [
        'https://evil.example.org',
        'http://status.example.org',
        'https://status.example.org:8443',
        'null',
      ]) {
        expect([origin, await post({ Cookie: cookie, Origin: origin })]).toEqual([origin, 403]);
      }
    });

    test('of a page of another origin is refused with a saved login too, and that of a program is not', async () => {
      const authorization = `Basic ${btoa('anna:secret')}`;
      expect(await post({ Authorization: authorization })).toBe(201);
      expect(await post({ Authorization: authorization, Origin: 'https://evil.example.org' })).toBe(403);
    });

    test('a page of another origin can neither log a browser in nor out', async () => {
      expect((await logIn({ user: 'anna', password: 'secret' }, { Origin: 'https://evil.example.org' })).status).toBe(
        403,
      );
      const ended = await session('DELETE', { headers: { Cookie: await begun(), Origin: 'https://evil.example.org' } });
      expect(ended.status).toBe(403);
    });
  });

  test('scripts of a page get no challenge, which would open a window of the browser', async () => {
    const challenge = async (headers: Record<string, string>) =>
      (await receiver.send('GET', 'outages', { headers })).headers.get('www-authenticate');
    expect(await challenge({ 'Sec-Fetch-Dest': 'empty' })).toBeNull();
    expect(await challenge({ 'Sec-Fetch-Dest': 'document' })).toBe('Basic realm="SAM API"');
  });
});
