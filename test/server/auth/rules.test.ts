/** The rules of access for each kind of client, and the words of their refusals. */

import { describe, expect, test } from 'bun:test';
import { type AccessRules, createAccessRules } from '../../../src/server/auth/access.ts';
import { type Account, loginRequired, ownNameOnly, shownNameBy } from '../../../src/server/auth/caller.ts';
import { createIdentify } from '../../../src/server/auth/identify.ts';
import type { KeyRing } from '../../../src/server/auth/key-ring.ts';
import type { Scope } from '../../../src/server/auth/scope.ts';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';

const user = (...scopes: Scope[]): Account => ({ name: 'ada', kind: 'user', scopes });
const key = (...scopes: Scope[]): Account => ({ name: 'k', kind: 'key', scopes });

function call(isLocal: boolean, headers: Record<string, string> = {}, method = 'GET'): Call {
  const url = new URL('http://localhost/');
  const client = { address: '203.0.113.7', isLocal, origin: url.origin, prefix: '' };
  const parameters = { cluster: 'hpc1', system: 'derecho' };
  return { request: new Request(url.href, { headers, method }), url, client, parameters };
}

/** What a rule returns, or the status and words with which it refuses. */
async function outcome(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof RequestProblem)) throw error;
    return [error.status, error.message];
  });
}

const emptyRing: KeyRing = {
  holder: () => Promise.resolve(null),
  isEmpty: () => Promise.resolve(true),
  named: () => Promise.resolve(null),
};

function rulesFor(account: Account | null, { isPublic = false, keyRing = emptyRing } = {}): AccessRules {
  const identify = () => Promise.resolve(account);
  return createAccessRules({ identify, keyRing, isPublic, alias: (name) => `alias of ${name}` });
}

describe('the rule', () => {
  const login = 'Authentication required';
  type Reads = 'reader' | 'insider' | 'nameReader' | 'clusterReader' | 'usageReader';
  /** Each rule for reading: + if the client may, otherwise the status. */
  async function reads(account: Account | null, isLocal: boolean, isPublic: boolean) {
    const rules = rulesFor(account, { isPublic });
    const names: Reads[] = ['reader', 'insider', 'nameReader', 'clusterReader', 'usageReader'];
    const found = await Promise.all(names.map((name) => outcome(rules[name](call(isLocal)))));
    return found.map((one) => (Array.isArray(one) ? one[0] : '+')).join(' ');
  }

  test.each<[who: string, account: Account | null, isLocal: boolean, isPublic: boolean, expected: string]>([
    ['a stranger', null, false, false, '401 401 401 401 401'],
    ['a stranger where everybody may read', null, false, true, '+ 401 401 + +'],
    ['a program on this host', null, true, false, '+ + + + +'],
    ['a reader', user('read'), false, false, '+ + 403 + +'],
    ['a reader of names', user('read:names'), false, false, '+ + + + +'],
    ['an administrator', key('admin'), false, false, '+ + + + +'],
    ['the key of the cluster', key('write:hpc1'), false, false, '403 403 403 + +'],
    ['the key of another cluster', key('write:hpc2'), false, false, '403 403 403 403 +'],
    ['the key of another cluster where everybody may read', key('write:hpc2'), false, true, '+ 403 403 + +'],
    ['a key for outages', key('outages'), false, false, '403 403 403 403 403'],
    ['a key for outages on this host', key('outages'), true, false, '+ + 403 + +'],
  ])('for reading lets in %s: %s', async (_, account, isLocal, isPublic, expected) => {
    expect(await reads(account, isLocal, isPublic)).toBe(expected);
  });

  test('for reading says what is missing', async () => {
    const rules = rulesFor(key('outages', 'write:x'));
    expect(await outcome(rules.reader(call(false)))).toEqual([
      ...[403, 'API key k lacks the scope read; it has outages,write:x'],
    ]);
    expect(await outcome(rules.insider(call(false)))).toEqual([
      ...[403, 'API key k lacks the scope read; it has outages,write:x'],
    ]);
    expect(await outcome(rulesFor(user('read')).nameReader(call(false)))).toEqual([
      ...[403, 'User ada lacks the scope read:names; it has read'],
    ]);
    expect(await outcome(rulesFor(null).reader(call(false)))).toEqual([401, login]);
  });

  test('for a visitor never refuses, and says what it may', async () => {
    const visit = async (account: Account | null, isLocal: boolean, isPublic = false) => {
      const { shownName, ...visitor } = await rulesFor(account, { isPublic }).visitor(call(isLocal));
      return { ...visitor, names: [shownName('ada'), shownName('bob'), shownName('k')] };
    };
    const nothing = { account: null, mayRead: false, isInsider: false, seesNames: false, names: [null, null, null] };
    const all = ['ada', 'bob', 'k'].map((name) => `alias of ${name}`);
    expect(await visit(null, false)).toEqual(nothing);
    expect(await visit(null, false, true)).toEqual({ ...nothing, mayRead: true });
    expect(await visit(null, true)).toEqual({
      ...nothing,
      mayRead: true,
      isInsider: true,
      seesNames: true,
      names: all,
    } as never);
    const reader = { account: user('read'), mayRead: true, isInsider: true, seesNames: false };
    expect(await visit(user('read'), true)).toEqual({ ...reader, names: ['ada', null, null] } as never);
    const names = { account: user('read:names'), mayRead: true, isInsider: true, seesNames: true, names: all };
    expect(await visit(user('read:names'), false)).toEqual(names as never);
    const holder = { ...nothing, account: key('write:x') };
    expect(await visit(key('write:x'), false)).toEqual(holder as never);
  });

  test('for usage says which clusters the client may read', async () => {
    const may = async (account: Account | null, isPublic = true) => {
      const { mayReadCluster } = await rulesFor(account, { isPublic }).usageReader(call(false));
      return [mayReadCluster('hpc1'), mayReadCluster('hpc2')];
    };
    expect(await may(null)).toEqual([true, true]);
    expect(await may(key('write:hpc1'))).toEqual([true, false]);
    expect(await may(key('write:hpc1'), false)).toEqual([true, false]);
    expect(await may(user('read'), false)).toEqual([true, true]);
  });

  test('for writing needs its scope', async () => {
    const rules = rulesFor(key('write:derecho'));
    expect(await rules.systemWriter(call(true))).toEqual(key('write:derecho'));
    const lacks = (scope: string) => [403, `API key k lacks the scope ${scope}; it has write:derecho`];
    expect(await outcome(rules.outageWriter(call(true)))).toEqual(lacks('outages'));
    expect(await outcome(rules.admin(call(true)))).toEqual(lacks('admin'));
    expect(await outcome(rulesFor(user('read')).systemWriter(call(true)))).toEqual([
      ...[403, 'User ada lacks the scope write:derecho; it has read'],
    ]);
    for (const name of ['systemWriter', 'outageWriter', 'admin'] as const) {
      expect(await outcome(rulesFor(null)[name](call(true)))).toEqual([401, login]);
      expect(await outcome(rulesFor(user('admin'))[name](call(false)))).toEqual(user('admin'));
    }
    expect(await rulesFor(null).open(call(false))).toBeNull();
  });

  test('for keys takes a key only', async () => {
    const held = { ...emptyRing, isEmpty: () => Promise.resolve(false) };
    const keyRing = { ...held, holder: (text: string) => Promise.resolve(text === 'right' ? key('admin') : null) };
    const ask = (value: string | null, ring: KeyRing) =>
      outcome(
        rulesFor(user('admin'), { keyRing: ring }).keyHolder(call(true, value === null ? {} : { 'X-API-Key': value })),
      );
    expect(await ask(' right ', keyRing)).toEqual(key('admin'));
    expect(await ask('wrong', keyRing)).toEqual([401, 'Invalid API Key']);
    expect(await ask('wrong', emptyRing)).toEqual([500, 'No API keys configured on server']);
    expect(await ask(' ', keyRing)).toEqual([401, 'Missing API Key']);
    expect(await ask(null, keyRing)).toEqual([401, 'Missing API Key']);
  });
});

describe('the credentials of a request', () => {
  const token = 'k'.repeat(43);
  const asked: string[] = [];
  const identify = createIdentify(
    {
      authenticate: async (header, address) => {
        asked.push(`${header} from ${address}`);
        return user('read');
      },
      login: () => Promise.reject(new Error('not asked')),
    },
    { ...emptyRing, holder: async (text) => (text === token ? key('read') : null) },
    {
      holder: async (headers) => (headers.get('cookie') === 'session' ? user('admin') : null),
      begin: () => Promise.reject(new Error('not asked')),
      end: () => Promise.reject(new Error('not asked')),
    },
  );
  const holder = (headers: Record<string, string>, method = 'GET') => outcome(identify(call(false, headers, method)));

  test.each<[headers: Record<string, string>, method: string, expected: unknown]>([
    [{}, 'GET', null],
    [{ 'X-API-Key': ` ${token} ` }, 'GET', key('read')],
    [{ 'X-API-Key': 'wrong', Cookie: 'session' }, 'GET', [401, 'Invalid API Key']],
    [{ 'X-API-Key': '' }, 'GET', [401, 'Invalid API Key']],
    [{ Authorization: `bearer  ${token} ` }, 'GET', key('read')],
    [{ Authorization: `Bearer ${'x'.repeat(43)}` }, 'GET', [401, 'Invalid API Key']],
    [{ Cookie: 'session' }, 'GET', user('admin')],
    [{ Cookie: 'other' }, 'POST', null],
    [{ Cookie: 'session', Origin: 'http://localhost' }, 'POST', user('admin')],
    [{ Cookie: 'session' }, 'POST', [403, 'A write with a session needs the header Origin']],
  ])('%j with %s have the holder %j', async (headers, method, expected) => {
    expect(await holder(headers, method)).toEqual(expected);
    expect(asked).toEqual([]);
  });

  test('by HTTP Basic, and any other ones, are those of a login', async () => {
    for (const header of ['Basic abc', 'Bearer short'])
      expect(await holder({ Authorization: header })).toEqual(user('read'));
    expect(asked.splice(0)).toEqual(['Basic abc from 203.0.113.7', 'Bearer short from 203.0.113.7']);
  });
});

test('a request without credentials is challenged, but for a script of a page', () => {
  const challenge = { 'WWW-Authenticate': 'Basic realm="SAM API"' };
  expect(loginRequired(new Headers())).toMatchObject({
    status: 401,
    message: 'Authentication required',
    headers: challenge,
  });
  expect(loginRequired(new Headers({ 'Sec-Fetch-Dest': 'document' })).headers).toEqual(challenge);
  expect(loginRequired(new Headers({ 'Sec-Fetch-Dest': 'empty' })).headers).toEqual({});
});

test('a client without names sees the own jobs only', async () => {
  const own = (account: Account | null, seesNames = false) =>
    outcome(Promise.resolve().then(() => ownNameOnly({ account, seesNames, shownName: () => null }, new Headers())));
  expect(await own(null, true)).toBeNull();
  expect(await own(null)).toEqual([401, 'Authentication required']);
  expect(await own(user('read'))).toBe('ada');
  expect(await own(key('read'))).toEqual([403, 'API key k lacks the scope read:names; it has read']);
  expect(await own(key('read:names'))).toBe('k');
});

test('the codes of projects are no names', () => {
  expect([shownNameBy('user', () => null)('a'), shownNameBy('project', () => null)('a')]).toEqual([null, 'a']);
});
