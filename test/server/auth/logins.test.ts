/** Users, keys and sessions of a database, and the words with which they are refused. */

import { afterAll, beforeAll, describe, expect, setSystemTime, test } from 'bun:test';
import { createAuthenticator } from '../../../src/server/auth/authentication.ts';
import { createKeyRing, looksLikeKey } from '../../../src/server/auth/key-ring.ts';
import { addKey, listKeys, removeKey, rotateKey } from '../../../src/server/auth/keys.ts';
import { createPseudonyms } from '../../../src/server/auth/pseudonyms.ts';
import { scopesOf } from '../../../src/server/auth/scope.ts';
import { createSessions } from '../../../src/server/auth/sessions.ts';
import { createThrottle } from '../../../src/server/auth/throttle.ts';
import { addUser, changePassword, listUsers, removeUser, usersIn } from '../../../src/server/auth/users.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { basic, freshDatabasePath } from '../helper.ts';

const { path, remove } = freshDatabasePath();
let store: Store;
const { hash, verify } = Bun.password;
beforeAll(async () => {
  // Other tests verify by argon2id, which takes some tens of milliseconds each time.
  Bun.password.hash = async (password) => `hash of ${password}`;
  Bun.password.verify = async (password, stored) => stored === `hash of ${password}`;
  store = await openStore(path);
});
afterAll(async () => {
  Object.assign(Bun.password, { hash, verify });
  await store.close();
  remove();
});

/** The message of what a function throws. */
async function refusal(asked: () => unknown): Promise<unknown> {
  try {
    return await asked();
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}
const client = { address: '203.0.113.7', isLocal: false, origin: 'http://x.org', prefix: '' };

describe('users', () => {
  const nameRule =
    'A user name has 1 to 64 letters, digits, dots, underscores, at signs or hyphens, and begins with a letter or digit.';

  test('are added, listed by name, changed and removed', async () => {
    expect(await usersIn(path)).toBe(0);
    expect(await addUser(path, 'zoe', 'secret')).toEqual({ password: null, replaced: false });
    const { password, replaced } = await addUser(path, `a${'-'.repeat(63)}`, null, ['read', 'outages']);
    expect([password, replaced]).toEqual([expect.stringMatching(/^[\w-]{32}$/), false]);
    expect(await addUser(path, 'zoe', 'p'.repeat(1024))).toEqual({ password: null, replaced: true });
    const changedAt = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$/);
    expect((await listUsers(path)) as unknown).toEqual([
      { name: `a${'-'.repeat(63)}`, scopes: ['read', 'outages'], changedAt },
      { name: 'zoe', scopes: ['write:*', 'outages', 'read:names'], changedAt },
    ]);
    expect(await changePassword(path, 'zoe', 'other')).toBeNull();
    expect(await changePassword(path, 'zoe', null)).toMatch(/^[\w-]{32}$/);
    await addUser(path, 'zoe', 'secret', ['read']);
    await addUser(path, 'zoe', 'secret');
    expect((await listUsers(path)).at(-1)?.scopes).toEqual(['read']);
    await removeUser(path, `a${'-'.repeat(63)}`);
    expect(await usersIn(path)).toBe(1);
  });

  test.each<[what: string, ask: () => unknown, words: string]>([
    ['without a name', () => addUser(path, '', 'x'), nameRule],
    ['with a long name', () => addUser(path, 'a'.repeat(65), 'x'), nameRule],
    [
      'with no password',
      () => addUser(path, 'u', ''),
      'The password is empty: give one, or omit the option to generate one.',
    ],
    [
      'with a long password',
      () => addUser(path, 'u', 'é'.repeat(513)),
      'The password is over 1024 bytes: give a shorter one.',
    ],
    [
      'with a line as password',
      () => addUser(path, 'u', 'x\n'),
      'The password has control characters, perhaps a line break at its end: remove them.',
    ],
    ['unknown', () => removeUser(path, 'none'), "there is no user 'none': hpc-collector serve user ls lists them"],
    [
      'unknown',
      () => changePassword(path, 'none', 'x'),
      "there is no user 'none': hpc-collector serve user ls lists them",
    ],
  ])('%s are refused', async (_, ask, words) => expect(await refusal(ask)).toBe(words));
});

describe('keys', () => {
  test('are added, listed by name, rotated and removed', async () => {
    const key = await addKey(path, 'two', ['write:b', 'write:a']);
    expect([looksLikeKey(key), looksLikeKey(`${key}x`), looksLikeKey('')]).toEqual([true, false, false]);
    await addKey(path, 'one', ['read'], 7);
    const ring = createKeyRing(store, ['of the environment']);
    expect(await ring.holder(key)).toEqual({ name: 'two', kind: 'key', scopes: ['write:b', 'write:a'] });
    expect(await ring.holder('of the environment')).toEqual({ name: 'API_KEYS', kind: 'key', scopes: ['write:*'] });
    expect(await ring.holder('other')).toBeNull();
    expect(await ring.named('two', key)).toMatchObject({ name: 'two' });
    expect([await ring.named('one', key), await ring.named('two', 'short')]).toEqual([null, null]);
    const rotated = await rotateKey(path, 'two');
    expect([await ring.holder(key), await ring.holder(rotated)]).toMatchObject([null, { name: 'two' }]);
    expect((await listKeys(path)) as unknown).toEqual([
      { name: 'one', scopes: ['read'], createdAt: expect.any(String), lastUsedAt: null, perMinute: 7 },
      {
        ...{ name: 'two', scopes: ['write:b', 'write:a'], createdAt: expect.any(String) },
        ...{ lastUsedAt: expect.any(String), perMinute: null },
      },
    ]);
    expect(await refusal(() => addKey(path, 'one', ['read']))).toBe(
      'there is a key one already: give another name, or remove it first',
    );
    for (const name of ['one', 'two']) await removeKey(path, name);
    expect([await ring.isEmpty(), await createKeyRing(store, []).isEmpty()]).toEqual([false, true]);
    await addKey(path, 'three', ['read']);
    expect(await createKeyRing(store, []).isEmpty()).toBe(false);
  });

  test.each<[ask: () => unknown, words: string]>([
    [
      () => addKey(path, '-', ['read']),
      "A key's name has 1 to 64 letters, digits, dots, underscores, at signs or hyphens, and begins with a letter or digit.",
    ],
    [() => removeKey(path, 'none'), 'there is no key none: see hpc-collector serve key ls'],
    [() => rotateKey(path, 'none'), 'there is no key none: see hpc-collector serve key ls'],
  ])('are refused %#', async (ask, words) => expect(await refusal(ask)).toBe(words));

  test('have the time of their last use to the minute', async () => {
    const key = await addKey(path, 'used', ['read']);
    const ring = createKeyRing(store, []);
    const usedAt = async () => (await listKeys(path)).find(({ name }) => name === 'used')?.lastUsedAt;
    const set = (time: string) =>
      store.transaction((writer) => writer.run('UPDATE api_keys SET last_used_at = $1', time));
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString().slice(0, 19);
    const [recent, old] = [ago(50), ago(70)];
    await set(recent);
    await ring.holder(key);
    expect(await usedAt()).toBe(recent);
    await set(old);
    await ring.holder(key);
    expect(Number(new Date(`${await usedAt()}Z`))).toBeGreaterThan(Number(new Date(`${recent}Z`)));
  });

  test('answer 3,000 requests a minute without another limit, stored or not', async () => {
    const key = await addKey(path, 'busy', ['read']);
    const ring = createKeyRing(store, ['env']);
    setSystemTime(new Date());
    for (const [text, name] of [
      [key, 'busy'],
      ['env', 'API_KEYS'],
    ] as const) {
      for (let i = 0; i < 3000; i++) await ring.holder(text);
      expect(await refusal(() => ring.holder(text))).toBe(
        `API key ${name} is over its limit of 3000 requests a minute`,
      );
    }
    setSystemTime();
  });
});

test.each([
  ['', 'there is no scope: give read, read:names, outages, admin, write:NAME or write:*'],
  ['Read', "'Read' is not a scope: give read, read:names, outages, admin, write:NAME or write:*"],
  ['write:a b', expect.stringMatching(/^'write:a b' is not a scope: the name of a system or cluster \S.*\S$/)],
])('the scopes %p are refused', async (text, words) => expect(await refusal(() => scopesOf(text))).toEqual(words));

describe('sessions', () => {
  const withCookie = (cookie: string) => new Headers({ cookie });

  test('begin with a cookie for 7 days, and end', async () => {
    await addUser(path, 'anna', 'secret', ['read']);
    const sessions = createSessions(store);
    const before = Date.now();
    const { cookie, expiresAt } = await sessions.begin('anna', { ...client, origin: 'https://x.org', prefix: '/hpc' });
    expect(cookie).toMatch(
      /^hpc-collector-session=[\w-]{43}; Max-Age=604800; Path=\/hpc; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(expiresAt.getTime() - before).toBeWithin(7 * 86_400_000, 7 * 86_400_000 + 60_000);
    const [row] = await store.all<{ expires_at: string; created_at: string }>('SELECT * FROM sessions');
    expect(Date.parse(`${row?.expires_at}Z`)).toBe(expiresAt.getTime());
    expect(Date.parse(`${row?.created_at}Z`)).toBe(expiresAt.getTime() - 7 * 86_400_000);

    const [pair = ''] = cookie.split(';');
    const anna = { name: 'anna', kind: 'user', scopes: ['read'] };
    for (const text of [pair, `a=b;${pair} ; c=d`, `x${pair}; ${pair}`]) {
      expect((await sessions.holder(withCookie(text))) as unknown).toEqual(anna);
    }
    for (const text of ['', 'a=b', `x${pair}`, `${pair}x`, pair.slice(0, -1), `${pair.slice(0, -1)}!`]) {
      expect(await sessions.holder(withCookie(text))).toBeNull();
    }
    expect(await sessions.holder(new Headers())).toBeNull();
    expect(await sessions.end(new Headers(), client)).toBe(
      'hpc-collector-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax',
    );
    expect(await sessions.holder(withCookie(pair))).not.toBeNull();
    await sessions.end(withCookie(pair), client);
    expect(await sessions.holder(withCookie(pair))).toBeNull();
  });
});

describe('logins', () => {
  test('have the name and scopes of the user, also when the password is known', async () => {
    await addUser(path, 'bob', 'se:cret', ['read', 'outages']);
    const { authenticate, login } = createAuthenticator(store, createKeyRing(store, []));
    const bob = { name: 'bob', kind: 'user', scopes: ['read', 'outages'] };
    for (let i = 0; i < 2; i++) expect((await login('bob', 'se:cret', 'a')) as unknown).toEqual(bob);
    expect((await authenticate(`bAsIc   ${basic('bob', 'se:cret').slice(6)} `, 'a')) as unknown).toEqual(bob);
    const key = await addKey(path, 'basic', ['outages']);
    expect((await authenticate(basic('basic', key), 'a')) as unknown).toEqual({
      ...{ name: 'basic', kind: 'key', scopes: ['outages'] },
    });
    expect(await refusal(() => login('bob', 'wrong', 'a'))).toBe('Invalid credentials');
    expect(await refusal(() => login('none', 'se:cret', 'a'))).toBe('Invalid credentials');
    for (const header of [
      '',
      'Basic',
      'Basic !',
      `Basic ${btoa('bob')}`,
      basic('', 'x'),
      basic('bob', ''),
      `x ${basic('a', 'b')}`,
    ]) {
      expect(await refusal(() => authenticate(header, 'a'))).toBe('Authentication required');
    }
  });

  test('wait for each other, 24 at most, and the same ones are one', async () => {
    const quick = Bun.password.verify;
    const waiting: (() => void)[] = [];
    let atOnce = 0;
    Bun.password.verify = async () => {
      atOnce += 1;
      await new Promise<void>((resolve) => waiting.push(resolve));
      atOnce -= 1;
      return false;
    };
    try {
      const { login } = createAuthenticator(store, createKeyRing(store, []));
      const answers: string[] = [];
      const all = Array.from({ length: 27 }, (_, i) =>
        refusal(() => login(`user${i}`, 'x', `10.0.0.${i}`)).then((words) => answers.push(String(words))),
      );
      const same = refusal(() => login('user0', 'x', '10.0.0.0')).then((words) => answers.push(String(words)));
      let most = 0;
      for (let ended = 0; ended < 26; ) {
        await Bun.sleep(0);
        most = Math.max(most, atOnce);
        const next = waiting.shift();
        if (next) ended += 1;
        next?.();
      }
      await Promise.all([...all, same]);
      expect(most).toBe(2);
      expect(answers.filter((words) => words === 'Too many logins at once')).toHaveLength(1);
      expect(answers.filter((words) => words === 'Invalid credentials')).toHaveLength(27);
      expect(waiting).toEqual([]);
    } finally {
      Bun.password.verify = quick;
    }
  });
});

test('failed logins are refused with the time to wait, and forgotten after a quarter of an hour', () => {
  const clock = { ms: 1_000_000 };
  const throttle = createThrottle(() => clock.ms);
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) throttle.failed('u', 'a');
  };
  const words = () => {
    try {
      throttle.check('u', 'a');
      return null;
    } catch (error) {
      return error;
    }
  };
  fail(13);
  expect(words()).toMatchObject({
    ...{ status: 429, message: 'Too many failed logins: try again in 8 s', headers: { 'Retry-After': '8' } },
  });
  clock.ms += 15 * 60_000;
  fail(1);
  expect(words()).toMatchObject({ message: 'Too many failed logins: try again in 16 s' });
  clock.ms += 15 * 60_000 + 1;
  fail(9);
  expect(words()).toBeNull();
  fail(1);
  expect(words()).toMatchObject({ message: 'Too many failed logins: try again in 1 s' });
});

test('the same name has the same pseudonym, and others have others', async () => {
  const [one, other] = [await createPseudonyms(store), await createPseudonyms(store)];
  expect(one('ada')).toMatch(/^user-[0-9a-f]{12}$/);
  expect([one('ada'), other('ada')]).toEqual([one('ada'), one('ada')]);
  expect(one('bob')).not.toBe(one('ada'));
});
