/** Everything that doctor says of an API: one line for each finding, for each answer to its one request. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setSystemTime, test } from 'bun:test';
import { type ApiToCheck, checkApi, unaddressed } from '../../src/doctor/api.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import type { HttpRequest } from '../../src/lib/http.ts';
import { makeAuthority } from '../support/certificates.ts';
import { quickDirectory } from '../support/files.ts';
import { linesOf } from '../support/findings.ts';
import { needs } from '../support/needs.ts';

let answer: () => Response;
let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => answer() });
});
afterAll(async () => server.stop(true));

const now = Date.parse('2026-03-01T12:00:00Z');
const date = { Date: new Date(now).toUTCString() };
beforeEach(() => {
  setSystemTime(new Date(now));
});
afterEach(() => {
  setSystemTime();
});

type Changes = Partial<ApiToCheck> & {
  readonly sent?: Partial<HttpRequest>;
  readonly environment?: Record<string, string>;
};

/** The findings for an API, whatever its address is, that answers as the server here does. */
async function check({ sent = {}, environment = {}, ...changes }: Changes = {}): Promise<string[]> {
  const url = `http://127.0.0.1:${server.port}/`;
  const common = { method: 'POST', headers: {}, body: '{}', timeoutSeconds: 20, ca: null, proxy: null } as const;
  const api: ApiToCheck = {
    prefix: '',
    description: 'the status API',
    baseUrl: 'http://sam.example.org',
    addressSetting: 'STATUS_API_URL',
    settings: 'destinations.sam',
    caFile: undefined,
    allowsInsecureHttp: false,
    who: 'user ada',
    envFile: '/dir/env',
    request: () => ({ ...common, url, ...sent }),
    loginAccepted: 400,
    ...changes,
  };
  return linesOf(await checkApi(api, environment));
}

const json = (status: number) => () => Response.json({ error: 'said' }, { status, headers: date });
const page =
  (status: number, headers = {}) =>
  () =>
    new Response('<html>', { status, headers });
const see = `curl -sS -o /dev/null -w '%{http_code}\\n' http://sam.example.org`;

test('an API that accepts the login passes each check', async () => {
  answer = json(400);
  expect(await check()).toEqual([
    'pass proxy: none',
    'pass API: http://sam.example.org answers',
    'skip TLS: plain HTTP, to this host',
    'pass clock: agrees with the clock of the API',
    'pass authentication: user ada is accepted',
  ]);
  expect(await check({ prefix: 'other ' })).toEqual([
    'pass other proxy: none',
    'pass other API: http://sam.example.org answers',
    'skip other TLS: plain HTTP, to this host',
    'pass other clock: agrees with the clock of the API',
    'pass other authentication: user ada is accepted',
  ]);
});

test('an API without an address is not checked', () => {
  expect(linesOf(unaddressed)).toEqual(
    ['proxy', 'API', 'TLS', 'clock', 'authentication'].map((name) => `skip ${name}: no address is configured`),
  );
});

describe('the status of the answer tells whether it is the API, and whether the login is accepted', () => {
  const answers = 'pass API: http://sam.example.org answers';
  const another = (status: number) =>
    `fail API: http://sam.example.org is not the status API: HTTP ${status} → correct STATUS_API_URL`;
  const down = (status: number) =>
    `fail API: http://sam.example.org answers with a server error: HTTP ${status} → ${see}`;
  const unclear = (status: number) => `skip authentication: HTTP ${status} does not show whether the login is accepted`;
  const refused = (status: number) => `fail authentication: user ada is refused (HTTP ${status}) → vi /dir/env`;
  const limited =
    'warn authentication: not checked: the API limits requests per minute (HTTP 429) → hpc-collector doctor   # in a minute';

  test.each([
    [200, another, unclear],
    [400, answers, 'pass authentication: user ada is accepted'],
    [401, answers, refused],
    [402, another, unclear],
    [403, answers, refused],
    [404, another, unclear],
    [405, another, unclear],
    [422, answers, unclear],
    [429, answers, limited],
    [499, another, unclear],
    [500, answers, unclear],
    [501, down, unclear],
    [503, down, unclear],
  ])('of its own: %d', async (status, api, login) => {
    answer = json(status);
    const [, ofApi, , , ofLogin] = await check();
    expect(ofApi).toBe(typeof api === 'string' ? api : api(status));
    expect(ofLogin).toBe(typeof login === 'string' ? login : login(status));
  });

  test.each([
    [200, another, unclear],
    [400, another, unclear],
    [401, another, unclear],
    [403, another, unclear],
    [422, another, unclear],
    [429, another, limited],
    [499, another, unclear],
    [500, down, unclear],
    [503, down, unclear],
  ])('of a page: %d', async (status, api, login) => {
    answer = page(status);
    const [, ofApi, , , ofLogin] = await check();
    expect(ofApi).toBe(api(status));
    expect(ofLogin).toBe(typeof login === 'string' ? login : login(status));
  });

  test('of an API that answers an accepted login with another one', async () => {
    answer = json(422);
    expect((await check({ loginAccepted: 422, who: 'the key' })).at(-1)).toBe(
      'pass authentication: the key is accepted',
    );
    answer = json(400);
    expect((await check({ loginAccepted: 422 })).at(-1)).toBe(unclear(400));
  });

  test.each([
    [401, answers],
    [403, another(403)],
    [404, another(404)],
  ])('without credentials: %d', async (status, api) => {
    const skipped = 'skip authentication: no credentials are configured';
    answer = page(status);
    const found = await check({ who: null });
    expect([found[1], found[4]]).toEqual([api, skipped]);
    answer = json(401);
    expect((await check({ who: null })).slice(1)).toEqual([
      answers,
      'skip TLS: plain HTTP, to this host',
      'pass clock: agrees with the clock of the API',
      skipped,
    ]);
  });

  test('of a redirect is shown with its target', async () => {
    answer = page(302, { location: 'https://sso.example.org/login' });
    expect((await check())[1]).toBe(
      'fail API: http://sam.example.org is not the status API: HTTP 302, a redirect to https://sso.example.org/login → correct STATUS_API_URL',
    );
  });

  test.each([
    [' \n{ \n"error": "x" }', true],
    ['{"error":"x"}', true],
    ['{}', false],
    ['["error"]', false],
    ['x{"error":"x"}', false],
    ['', false],
  ])('counts as its own with the body %j: %p', async (body, isIts) => {
    answer = () => new Response(body, { status: 400 });
    expect((await check())[1]).toBe(isIts ? answers : another(400));
  });
});

test('an API that does not answer is one failure, and the other checks are skipped', async () => {
  const sent = { url: 'http://127.0.0.1:1/' };
  const skipped = ['skip clock: the API did not answer', 'skip authentication: the API did not answer'];
  const failed = `fail API: http://sam.example.org: connection refused → ${see}`;
  expect(await check({ sent })).toEqual(['pass proxy: none', failed, 'skip TLS: plain HTTP, to this host', ...skipped]);
  expect((await check({ sent, baseUrl: 'https://sam.example.org' }))[2]).toBe('skip TLS: there was no connection');
  expect((await check({ sent, who: null })).at(-1)).toBe('skip authentication: no credentials are configured');
});

describe('the clock', () => {
  const remedy = ' → timedatectl status; chronyc tracking   # as root: timedatectl set-ntp true';

  test.each([
    [0, 'pass clock: agrees with the clock of the API'],
    [1999, 'pass clock: agrees with the clock of the API'],
    [-1999, 'pass clock: agrees with the clock of the API'],
    [2000, 'pass clock: 2s ahead of the clock of the API'],
    [-2000, 'pass clock: 2s behind the clock of the API'],
    [30_000, 'pass clock: 30s ahead of the clock of the API'],
    [30_001, `warn clock: 30s ahead of the clock of the API${remedy}`],
    [-30_001, `warn clock: 30s behind the clock of the API${remedy}`],
    [300_000, `warn clock: 5m ahead of the clock of the API${remedy}`],
    [300_001, `fail clock: 5m ahead of the clock of the API${remedy}`],
    [-300_001, `fail clock: 5m behind the clock of the API${remedy}`],
  ])('that is %d ms ahead', async (ahead, line) => {
    setSystemTime(new Date(now + ahead));
    answer = json(400);
    expect((await check())[3]).toBe(line);
  });

  test('of an API that does not send it is not compared', async () => {
    answer = () => Response.json({ error: 'x' }, { status: 400, headers: { Date: 'today' } });
    expect((await check())[3]).toBe('skip clock: the answer of the API has no Date header');
  });
});

describe('the proxy', () => {
  const proxy = 'http://ada:secret@127.0.0.1:1';
  const shown = 'http://********@127.0.0.1:1';
  const ofEnvironment = (name: string) =>
    `warn proxy: ${name} is ${shown}, but cron does not have this variable → hpc-collector config check   # set proxy: ADDRESS in collector.yaml`;
  const configured = `pass proxy: configured: ${shown}`;

  test.each([
    ['http', {}, configured],
    ['http', { http_proxy: proxy }, ofEnvironment('http_proxy')],
    ['http', { HTTP_PROXY: proxy }, ofEnvironment('HTTP_PROXY')],
    ['http', { HTTP_PROXY: proxy, http_proxy: proxy }, ofEnvironment('http_proxy')],
    ['http', { https_proxy: proxy, HTTPS_PROXY: proxy, http_proxy: '' }, configured],
    ['https', { https_proxy: proxy }, ofEnvironment('https_proxy')],
    ['https', { HTTPS_PROXY: proxy }, ofEnvironment('HTTPS_PROXY')],
    ['https', { http_proxy: proxy, HTTP_PROXY: proxy }, configured],
  ])('of %s, with %p', async (scheme, environment, line) => {
    const sent = { url: `${scheme}://sam.invalid/`, proxy };
    expect((await check({ sent, environment }))[0]).toBe(line);
  });

  test('is not mentioned if it is not used', async () => {
    answer = json(400);
    expect((await check({ environment: { http_proxy: proxy } }))[0]).toBe('pass proxy: none');
  });
});

describe('TLS', () => {
  const baseUrl = 'https://sam.example.org';

  test('is accepted by the configured authority or those of the host', async () => {
    answer = json(400);
    expect((await check({ baseUrl }))[2]).toBe(
      "pass TLS: the certificate is accepted, by this host's certificate authorities",
    );
    expect((await check({ baseUrl, caFile: '/site.pem', allowsInsecureHttp: true }))[2]).toBe(
      'pass TLS: the certificate is accepted, by /site.pem',
    );
  });

  test('is missing where plain HTTP is permitted', async () => {
    answer = json(400);
    expect((await check({ allowsInsecureHttp: true }))[2]).toBe(
      'warn TLS: plain HTTP sends the password unencrypted → set STATUS_API_URL to an https address',
    );
  });

  needs('openssl')('is refused with the command that shows the certificate', async () => {
    const directory = quickDirectory();
    makeAuthority(directory.path, 'site');
    const [key, cert] = [Bun.file(`${directory.path}/site.key`), Bun.file(`${directory.path}/site.pem`)];
    using secure = Bun.serve({ hostname: '127.0.0.1', port: 0, tls: { key, cert }, fetch: json(400) });
    const sent = { url: `https://127.0.0.1:${secure.port}/` };
    const refused = async (changes: Changes) => (await check({ sent, ...changes }))[2] ?? '';
    expect(await refused({ baseUrl })).toMatch(
      /^fail TLS: .*self.signed.*, by this host's certificate authorities → openssl s_client -connect sam\.example\.org:443 -showcerts <\/dev\/null {3}# then: destinations\.sam\.ca_file$/,
    );
    expect(
      await refused({ baseUrl: `${baseUrl}:8443/api`, caFile: '/other.pem', settings: 'destinations.two' }),
    ).toMatch(
      /^fail TLS: .*, by \/other\.pem → openssl s_client -connect sam\.example\.org:8443 -showcerts <\/dev\/null {3}# then: destinations\.two\.ca_file$/,
    );
    directory.remove();
  });

  test('cannot be tried with settings that are wrong', async () => {
    const request = () => {
      throw new OperatorError('cannot read /site.pem');
    };
    expect(await check({ request, prefix: 'two ', settings: 'destinations.two' })).toEqual([
      'fail two TLS: cannot read /site.pem → hpc-collector config show   # destinations.two.ca_file',
    ]);
    const faulty = () => {
      throw new TypeError('a fault');
    };
    await expect(check({ request: faulty })).rejects.toThrow(new TypeError('a fault'));
  });
});
