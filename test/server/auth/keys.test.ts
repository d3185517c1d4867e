import { afterEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { keysIn } from '../../../src/server/auth/key-ring.ts';
import { addKey, listKeys, removeKey, rotateKey } from '../../../src/server/auth/keys.ts';
import { type Engine, login, overEngines, startForTest } from '../helper.ts';
import { jobRecord, startIngest } from '../usage/helper.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started(engine: Engine, options: Parameters<typeof startIngest>[0] = {}) {
  const receiver = await startIngest({ engine, ...options });
  cleanups.push(receiver.remove);
  return receiver;
}

/** The status of a batch of a cluster, sent with a key. */
type Receiver = Awaited<ReturnType<typeof started>>;
const statusWith = async (receiver: Receiver, key: string, hostname: string) =>
  (await receiver.ingest({ hostname, jobs: [] }, { 'X-API-Key': key })).status;

overEngines((engine) => {
  describe('a key', () => {
    test('has 43 url-safe characters, and only its hash is kept', async () => {
      const receiver = await started(engine);
      const key = await receiver.addKey('one', 'write:a');
      expect(key).toMatch(/^[\w-]{43}$/);
      await receiver.ingest({ hostname: 'a', jobs: [jobRecord()] }, { 'X-API-Key': key });
      const files = engine === 'SQLite' ? [receiver.path, `${receiver.path}-wal`] : [];
      for (const file of files) expect(readFileSync(file).includes(key)).toBe(false);
      expect(JSON.stringify(await receiver.all('SELECT * FROM api_keys'))).not.toContain(key);
      expect(receiver.lines.join()).not.toContain(key);
    });

    test('is for the clusters of its scope; another is 403 and says so', async () => {
      const receiver = await started(engine);
      const key = await receiver.addKey('two', 'write:a', 'write:b');
      for (const cluster of ['a', 'b']) expect(await statusWith(receiver, key, cluster)).toBe(200);
      const { status, body } = await receiver.ingest({ hostname: 'A', jobs: [jobRecord()] }, { 'X-API-Key': key });
      expect({ status, body }).toEqual({
        status: 403,
        body: { detail: 'API key two lacks the scope write:A; it has write:a,write:b' },
      });
      expect(await receiver.jobs('A')).toEqual([]);
      expect(await statusWith(receiver, receiver.key, 'any')).toBe(200);
    });

    test('without the scope of a cluster gets no errors about its jobs', async () => {
      const receiver = await started(engine);
      const key = await receiver.addKey('two', 'write:a', 'write:b');
      const wrong = { hostname: 'c', jobs: [jobRecord({ Start: 'soon' })] };
      expect((await receiver.ingest(wrong, { 'X-API-Key': key })).status).toBe(403);
      expect((await receiver.ingest({ ...wrong, hostname: 'a' }, { 'X-API-Key': key })).status).toBe(422);
    });

    test('is valid from its creation until its removal', async () => {
      const receiver = await started(engine);
      const key = await receiver.addKey('late', 'write:*');
      expect(await statusWith(receiver, key, 'a')).toBe(200);
      await removeKey(receiver.database, 'late');
      const { status, body } = await receiver.ingest({ hostname: 'a', jobs: [] }, { 'X-API-Key': key });
      expect({ status, body }).toEqual({ status: 401, body: { detail: 'Invalid API Key' } });
      await expect(removeKey(receiver.database, 'late')).rejects.toThrow('there is no key late');
    });

    test('that is rotated keeps its scopes, and the old one is refused', async () => {
      const receiver = await started(engine);
      const old = await receiver.addKey('rotated', 'write:a');
      const fresh = await rotateKey(receiver.database, 'rotated');
      expect(await statusWith(receiver, old, 'a')).toBe(401);
      expect([await statusWith(receiver, fresh, 'a'), await statusWith(receiver, fresh, 'b')]).toEqual([200, 403]);
      await expect(rotateKey(receiver.database, 'none')).rejects.toThrow('there is no key none');
    });

    test('has its own rate limit, with Retry-After', async () => {
      const receiver = await started(engine);
      const key = await addKey(receiver.database, 'slow', ['write:*'], 2);
      const send = () => receiver.ingest({ hostname: 'a', jobs: [] }, { 'X-API-Key': key });
      expect([(await send()).status, (await send()).status]).toEqual([200, 200]);
      const { status, headers, body } = await send();
      expect([status, body]).toEqual([429, { detail: 'API key slow is over its limit of 2 requests a minute' }]);
      expect(Number(headers.get('retry-after'))).toBeWithin(1, 31);
      expect(await statusWith(receiver, receiver.key, 'a')).toBe(200);
    });

    test('is not replaced by another of its name', async () => {
      const receiver = await started(engine);
      await expect(addKey(receiver.database, 'shared', ['write:a'])).rejects.toThrow('there is a key shared already');
      expect(await statusWith(receiver, receiver.key, 'b')).toBe(200);
    });

    test('is listed with when it was made and last used', async () => {
      const receiver = await started(engine);
      const key = await receiver.addKey('listed', 'write:b', 'write:a');
      const listed = async () => (await listKeys(receiver.database)).find(({ name }) => name === 'listed');
      expect(await listed()).toEqual({
        name: 'listed',
        scopes: ['write:b', 'write:a'],
        createdAt: expect.stringMatching(/^20\d\d-/),
        lastUsedAt: null,
        perMinute: null,
      });
      await statusWith(receiver, key, 'a');
      expect((await listed())?.lastUsedAt).toStartWith('20');

      const hourAgo = '2026-01-01T00:00:00';
      await receiver.change(`UPDATE api_keys SET last_used_at = '${hourAgo}'`);
      await statusWith(receiver, key, 'a');
      expect((await listed())?.lastUsedAt).not.toBe(hourAgo);
    });

    test.each(['', 'a b', 'a\n', '-a', 'x'.repeat(65)])('cannot be called %p', async (name) => {
      const receiver = await started(engine);
      await expect(receiver.addKey(name, 'write:*')).rejects.toThrow("A key's name has");
    });
  });

  describe('API_KEYS', () => {
    test('has keys with commas and blanks between them', () => {
      expect(keysIn(' one, two ,,three')).toEqual(['one', 'two', 'three']);
      expect(keysIn(undefined)).toEqual([]);
    });

    test('are for every cluster', async () => {
      const receiver = await started(engine, { ingest: { environmentKeys: ['secret-key-1', 'secret-key-2'] } });
      expect(await statusWith(receiver, 'secret-key-2', 'any')).toBe(200);
      expect(await statusWith(receiver, 'secret-key-3', 'any')).toBe(401);
      expect(receiver.lines.join()).not.toContain('secret-key-2');
      expect(receiver.lines[0]).toContain(': API_KEYS, 0 jobs of any');
    });
  });

  test('if the receiver has no keys, its answer to any key says so', async () => {
    const receiver = await startForTest({ engine });
    cleanups.push(receiver.remove);
    const post = (headers: Record<string, string>) =>
      fetch(`${receiver.url}/api/data/ingest`, { method: 'POST', headers, body: '{}' });
    const answer = await post({ 'X-API-Key': 'any' });
    expect(answer.status).toBe(500);
    expect(await answer.json()).toEqual({ detail: 'No API keys configured on server' });
    expect((await post({})).status).toBe(401);
    expect((await post(login)).status, 'a user is no key').toBe(401);
  });

  test('a request without a key is refused before its body is read', async () => {
    const receiver = await started(engine);
    const sent = { bytes: 0 };
    const endless = new ReadableStream<Uint8Array>({
      async pull(controller) {
        sent.bytes += 50_000;
        controller.enqueue(new Uint8Array(50_000));
        await Bun.sleep(0);
        if (sent.bytes > 500_000_000) controller.close();
      },
    });
    const { status, body } = await receiver.send('/api/data/ingest', {
      method: 'POST',
      headers: { 'X-API-Key': 'wrong', 'Content-Type': 'application/json' },
      body: endless,
    });
    expect({ status, body }).toEqual({ status: 401, body: { detail: 'Invalid API Key' } });
    expect(sent.bytes).toBeLessThan(500_000_000);
  });
});
