/** Who may do what: scopes, loopback, --public, and names of people. */

import { afterEach, describe, expect, test } from 'bun:test';
import { addKey } from '../../../src/server/auth/keys.ts';
import type { Scope } from '../../../src/server/auth/scope.ts';
import { addUser } from '../../../src/server/auth/users.ts';
import { startReceiver } from '../../../src/server/receiver.ts';
import { basic, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const row = { username: 'mcurie', project_code: 'UCB1', queue_name: 'main', running_jobs: 1 };

overEngines((engine) => {
  async function started(options: Parameters<typeof startForTest>[0] = {}) {
    const receiver = await startForTest({ engine, ...options });
    cleanups.push(() => receiver.remove());
    return receiver;
  }
  /** A receiver that believes no client to be on its own host, with a snapshot that has a name. */
  async function startedElsewhere(options: Parameters<typeof startForTest>[0] = {}) {
    const receiver = await started({ isBehindProxy: true, ...options });
    expect((await receiver.post('derecho', { ...leastTotals, user_project_queues: [row] })).status).toBe(201);
    return receiver;
  }

  const keyOf = async (receiver: TestReceiver, ...scopes: Scope[]) => ({
    'X-API-Key': await addKey(receiver.database, `key-${Bun.hash(scopes.join())}`, scopes),
  });

  /** The status of reading, and the name that is shown. */
  async function latest(receiver: TestReceiver, headers: Record<string, string> = {}) {
    const { status, body } = await receiver.send('GET', 'derecho/latest', { headers });
    const [first] = (body.user_project_queues ?? []) as { username: unknown }[];
    return [status, first?.username];
  }

  describe('reading', () => {
    test('is open to programs on this host, names included', async () => {
      const receiver = await started();
      await receiver.post('derecho', { ...leastTotals, user_project_queues: [row] });
      expect(await latest(receiver)).toEqual([200, 'mcurie']);
    });

    test.each([
      ['a proxy forwards', { 'X-Forwarded-For': '203.0.113.7' }],
      ['a proxy forwards, by RFC 7239', { Forwarded: 'for=203.0.113.7' }],
      ['has another name of the host, as after DNS rebinding', { Host: 'evil.example.org' }],
    ])('is not open to what %s', async (_, headers) => {
      const receiver = await started();
      expect((await receiver.send('GET', 'outages', { headers })).status).toBe(401);
    });

    test('needs a login or a key elsewhere, and read:names for names', async () => {
      const receiver = await startedElsewhere();
      expect(await latest(receiver)).toEqual([401, undefined]);
      expect(await latest(receiver, await keyOf(receiver, 'read'))).toEqual([200, null]);
      expect(await latest(receiver, await keyOf(receiver, 'read:names'))).toEqual([200, 'mcurie']);
      expect(await latest(receiver, await keyOf(receiver, 'admin'))).toEqual([200, 'mcurie']);
      expect(await latest(receiver, await keyOf(receiver, 'write:derecho'))).toEqual([403, undefined]);
    });

    test('is open to everybody with --public, without names', async () => {
      const receiver = await startedElsewhere({ isPublic: true });
      expect(await latest(receiver)).toEqual([200, null]);
      expect(await latest(receiver, await keyOf(receiver, 'write:derecho'))).toEqual([200, null]);
      expect(await latest(receiver, await keyOf(receiver, 'read:names'))).toEqual([200, 'mcurie']);
      expect(await latest(receiver, { 'X-API-Key': 'wrong' })).toEqual([401, undefined]);
    });

    test('shows a key with the scope read no names on this host either', async () => {
      const receiver = await started();
      await receiver.post('derecho', { ...leastTotals, user_project_queues: [row] });
      expect(await latest(receiver, await keyOf(receiver, 'read'))).toEqual([200, null]);
    });
  });

  describe('pseudonyms', () => {
    test('are shown in the place of names, the same after a restart and for every receiver', async () => {
      const receiver = await startedElsewhere({ anonymisesUsers: true });
      const reader = await keyOf(receiver, 'read:names');
      const [status, pseudonym] = await latest(receiver, reader);
      expect([status, pseudonym]).toEqual([200, expect.stringMatching(/^user-[0-9a-f]{12}$/)]);
      expect(await latest(receiver, await keyOf(receiver, 'admin'))).toEqual([200, pseudonym]);
      const second = await startReceiver({
        hostname: '127.0.0.1',
        port: 0,
        database: receiver.database,
        anonymisesUsers: true,
      });
      cleanups.push(() => second.stop());
      const answer = await fetch(`${second.url}/api/v1/status/derecho/latest`, { headers: reader });
      expect(await answer.json()).toMatchObject({ user_project_queues: [{ username: pseudonym }] });
    });

    test('differ between names and between databases, and are not shown to readers without names', async () => {
      const one = await startedElsewhere({ anonymisesUsers: true });
      const other = await startedElsewhere({ anonymisesUsers: true, isPublic: true });
      const of = async (receiver: TestReceiver) => (await latest(receiver, await keyOf(receiver, 'read:names')))[1];
      expect(await of(one)).not.toEqual(await of(other));
      expect(await latest(other)).toEqual([200, null]);
    });
  });

  describe('writing', () => {
    test('a system needs write:SYSTEM, and an outage the scope outages', async () => {
      const receiver = await started();
      const post = async (path: string, headers: Record<string, string>) =>
        (await receiver.post(path, leastTotals, { Authorization: '', ...headers })).status;
      const derecho = await keyOf(receiver, 'write:derecho');
      expect(await post('derecho', derecho)).toBe(201);
      expect(await post('casper', derecho)).toBe(403);
      expect(await post('gust', await keyOf(receiver, 'write:*'))).toBe(201);
      expect(await post('outage', derecho)).toBe(403);
      expect(await post('outage', await keyOf(receiver, 'outages')), 'the body is wrong').toBe(400);
      expect(await post('gust', await keyOf(receiver, 'read:names'))).toBe(403);
    });

    test('says which scope is missing', async () => {
      const receiver = await started();
      await addUser(receiver.database, 'reader', 'secret', ['read']);
      const { body } = await receiver.post('derecho', leastTotals, { Authorization: basic('reader', 'secret') });
      expect(body).toEqual({ error: 'User reader lacks the scope write:derecho; it has read' });
    });
  });

  test('a key is accepted in X-API-Key, as a bearer token, and as the password of its name', async () => {
    const receiver = await startedElsewhere();
    const key = await addKey(receiver.database, 'reader', ['read']);
    for (const headers of [
      { 'X-API-Key': key },
      { Authorization: `Bearer ${key}` },
      { Authorization: basic('reader', key) },
    ]) {
      expect(await latest(receiver, headers)).toEqual([200, null]);
    }
    expect(await latest(receiver, { Authorization: basic('another', key) })).toEqual([401, undefined]);
    expect(await latest(receiver, { Authorization: `Bearer ${key.slice(1)}x` })).toEqual([401, undefined]);
  });

  test('a new password of a user keeps the scopes', async () => {
    const receiver = await startedElsewhere();
    await addUser(receiver.database, 'reader', 'first', ['read']);
    await addUser(receiver.database, 'reader', 'second');
    expect(await latest(receiver, { Authorization: basic('reader', 'second') })).toEqual([200, null]);
  });
});
