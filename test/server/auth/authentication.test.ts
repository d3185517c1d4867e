import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { OperatorError } from '../../../src/lib/errors.ts';
import { addUser } from '../../../src/server/auth/users.ts';
import { basic, freshDatabasePath, overEngines, password, startForTest, type TestReceiver, user } from '../helper.ts';
import { leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine, isBehindProxy: true });
  });
  afterAll(() => receiver.remove());

  const routes = [
    ['POST', 'derecho'],
    ['POST', 'casper'],
    ['POST', 'jupyterhub'],
    ['POST', 'outage'],
    ['GET', 'derecho/latest'],
    ['GET', 'outages'],
    ['GET', 'reservations'],
  ] as const;

  function send(method: string, path: string, authorization: string | null) {
    const headers = { 'Content-Type': 'application/json', ...(authorization && { Authorization: authorization }) };
    return receiver.send(method, path, { headers, ...(method === 'POST' && { body: JSON.stringify(leastTotals) }) });
  }

  test.each(routes)('%s %s wants a login', async (method, path) => {
    const { status, headers, body } = await send(method, path, null);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Basic realm="SAM API"');
    expect(body).toEqual({ error: 'Authentication required' });
  });

  test.each([
    ['an empty header', ''],
    ['a bearer token', 'Bearer abc'],
    ['no credentials', 'Basic '],
    ['what is not base64', 'Basic !!!'],
    ['no colon', `Basic ${btoa('collector')}`],
    ['an empty password', basic(user, '')],
    ['an empty user', basic('', password)],
    ['what is not UTF-8', `Basic ${btoa('coll\xe9:x')}`],
  ])('%s is no login', async (_, authorization) => {
    expect((await send('POST', 'derecho', authorization)).body).toEqual({ error: 'Authentication required' });
  });

  test.each([
    ['a wrong password', basic(user, 'wrong')],
    ['an unknown user', basic('nobody', password)],
    ['a user in another case', basic('Collector', password)],
  ])('%s is refused', async (_, authorization) => {
    const { status, headers, body } = await send('POST', 'derecho', authorization);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBeNull();
    expect(body).toEqual({ error: 'Invalid credentials' });
  });

  test('a client without the right to post gets no errors about the body', async () => {
    const answer = await receiver.send('POST', 'derecho', {
      headers: { 'Content-Type': 'text/plain', Authorization: basic(user, 'wrong') },
      body: 'x',
    });
    expect(answer.status).toBe(401);
  });

  test('after the first login later ones run no argon2id', async () => {
    await receiver.get('outages');
    const verify = Bun.password.verify;
    let calls = 0;
    Bun.password.verify = (...parameters) => {
      calls += 1;
      return verify(...parameters);
    };
    try {
      for (let i = 0; i < 50; i++) expect((await receiver.get('outages')).status).toBe(200);
      expect(calls).toBe(0);
      expect((await send('GET', 'outages', basic(user, 'wrong'))).status).toBe(401);
      expect((await send('GET', 'outages', basic('nobody', 'wrong'))).status).toBe(401);
      // Unknown users cost what wrong passwords cost.
      expect(calls).toBe(2);
    } finally {
      Bun.password.verify = verify;
    }
  });

  test('many wrong logins are slowed down, and known logins are not', async () => {
    const flooded = await startForTest({ engine, isBehindProxy: true });
    const guess = (name: string, secret: string) =>
      flooded.send('GET', 'outages', { headers: { Authorization: basic(name, secret) } });
    await flooded.get('outages');
    const flood = Array.from({ length: 40 }, (_, i) => guess('nobody', `guess ${i}`));
    expect((await flooded.get('outages')).status).toBe(200);
    const answers = await Promise.all(flood);
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(401) >= 10, count(401) < 15, count(401) + count(429) + count(503)]).toEqual([true, true, 40]);
    const late = await guess('nobody', 'guess');
    expect(late.status).toBe(429);
    expect(late.body.error).toMatch(/^Too many failed logins: try again in \d+ s$/);
    expect(Number(late.headers.get('retry-after'))).toBeGreaterThan(0);
    await flooded.remove();
  }, 20_000);

  test('a changed password counts at once, and the old one no longer', async () => {
    expect(await addUser(receiver.database, 'changing', 'first one')).toEqual({ password: null, replaced: false });
    expect((await send('GET', 'outages', basic('changing', 'first one'))).status).toBe(200);
    expect(await addUser(receiver.database, 'changing', 'second: one')).toEqual({ password: null, replaced: true });
    expect((await send('GET', 'outages', basic('changing', 'first one'))).status).toBe(401);
    expect((await send('GET', 'outages', basic('changing', 'second: one'))).status).toBe(200);
  });

  describe('adding a user', () => {
    test('without a password generates a working one', async () => {
      const { password: made } = await addUser(receiver.database, 'made', null);
      expect(made).toMatch(/^[\w-]{32}$/);
      expect((await send('GET', 'outages', basic('made', made ?? ''))).status).toBe(200);
    });

    test('stores an argon2id hash and not the password', async () => {
      const [row] = await receiver.all<{ password_hash: string }>('SELECT password_hash FROM users LIMIT 1');
      expect(row?.password_hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$');
    });

    test.each(['', 'a:b', ' a', 'a b', '-a', 'é', 'a'.repeat(65)])('refuses the name %p', async (name) => {
      const { path, remove } = freshDatabasePath();
      expect(addUser(path, name, 'x')).rejects.toThrow(OperatorError);
      remove();
    });

    test.each([
      ['', 'is empty'],
      ['line\n', 'control characters'],
      ['x'.repeat(1025), 'over 1024 bytes'],
    ])('refuses the password %p', async (secret, words) => {
      const { path, remove } = freshDatabasePath();
      expect(addUser(path, 'someone', secret)).rejects.toThrow(words);
      remove();
    });
  });
});
