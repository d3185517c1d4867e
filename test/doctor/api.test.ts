import { describe, expect, test } from 'bun:test';
import { loadConfig } from '../../src/config/load.ts';
import { checkIngest } from '../../src/doctor/ingest.ts';
import { checkSam } from '../../src/doctor/sam.ts';
import { makeAuthority } from '../support/certificates.ts';
import { quickDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';

const login = { STATUS_API_USER: 'me', STATUS_API_PASSWORD: 'a-long-password' };

async function findings(
  answer: (request: Request) => Response,
  { credentials = login as Record<string, string>, environment = {} } = {},
): Promise<{ readonly seen: Headers[]; readonly by: Record<string, string> }> {
  const seen: Headers[] = [];
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      seen.push(new Headers(request.headers));
      return answer(request);
    },
  });
  return { seen, by: await checked(`http://127.0.0.1:${server.port}`, credentials, environment) };
}

async function checked(url: string, credentials: Record<string, string>, environment = {}) {
  const directory = quickDirectory();
  const { sam } = loadConfig(directory.path, { HOME: '/nowhere', STATUS_API_URL: url, ...credentials, ...environment });
  directory.remove();
  const found = await checkSam(sam, [], '/dir/env', environment);
  return Object.fromEntries(
    found.map(({ name, result, message, remedy }) => [name, `${result} ${message} → ${remedy}`]),
  );
}

const error = (status: number, text: string, headers = {}) => Response.json({ error: text }, { status, headers });

describe('one request that stores nothing', () => {
  test('tells that the login is accepted', async () => {
    const { seen, by } = await findings(() => error(400, 'JSON body required'));
    expect(by.authentication).toBe('pass user me is accepted → null');
    expect(by.API).toStartWith('pass ');
    expect(by.clock).toBe('pass agrees with the clock of the API → null');
    expect(by.proxy).toBe('pass none → null');
    expect(by.TLS).toStartWith('skip ');
    expect(seen).toHaveLength(1);
    expect(seen[0]?.get('authorization')).toBe(`Basic ${btoa('me:a-long-password')}`);
    expect(seen[0]?.get('idempotency-key')).toBeNull();
  });

  test('is sent without a login if none is configured, so that the other checks run', async () => {
    const { seen, by } = await findings(() => error(401, 'Authentication required'), { credentials: {} });
    expect(seen[0]?.get('authorization')).toBeNull();
    expect(by.API).toStartWith('pass ');
    expect(by.authentication).toBe('skip no credentials are configured → null');
  });
});

test.each([
  [
    'a refused login',
    () => error(401, 'Invalid credentials'),
    'authentication',
    /^fail user me is refused .*→ vi \/dir\/env$/,
  ],
  ['too many requests', () => error(429, 'rate_limit_exceeded'), 'authentication', /^warn /],
  ['another site', () => new Response('<html>', { status: 404 }), 'API', /^fail .*is not the status API: HTTP 404/],
  ['a login page', () => new Response('<html>Log in', { status: 200 }), 'API', /^fail .*is not the status API/],
  [
    'a redirect',
    () => new Response('', { status: 302, headers: { location: '/login' } }),
    'API',
    /a redirect to \/login/,
  ],
  [
    'a proxy whose backend is down',
    () => new Response('<html>', { status: 502 }),
    'API',
    /^fail .*answers with a server error: HTTP 502/,
  ],
  [
    'a clock 10 minutes off',
    () => error(400, 'x', { Date: new Date(Date.now() - 600_000).toUTCString() }),
    'clock',
    /^fail 10m.* ahead of/,
  ],
  [
    'a clock a minute off',
    () => error(400, 'x', { Date: new Date(Date.now() + 60_000).toUTCString() }),
    'clock',
    /^warn (59s|1m).* behind/,
  ],
])('%s', async (_, answer, name, line) => {
  expect((await findings(answer)).by[name]).toMatch(line);
});

test('a missing answer is reported once, and the other checks are skipped', async () => {
  const by = await checked('http://127.0.0.1:1', login);
  expect(by.API).toMatch(/^fail .*connection refused → curl/);
  expect([by.TLS, by.clock, by.authentication].every((line) => line?.startsWith('skip '))).toBe(true);
});

test('a proxy of the environment is a warning, because cron has no environment; its login is not shown', async () => {
  const environment = { https_proxy: 'http://me:secret@127.0.0.1:1' };
  const by = await checked('https://sam.invalid', login, environment);
  expect(by.proxy).toStartWith('warn https_proxy is http://********@127.0.0.1:1');
  expect(by.API).toContain('connection refused, through the proxy http://********@127.0.0.1:1');
});

test('a proxy of the environment is not used for loopback', async () => {
  const environment = { http_proxy: 'http://me:secret@127.0.0.1:1' };
  const { by } = await findings(() => error(400, 'JSON body required'), { environment });
  expect(by.proxy).toBe('pass none → null');
  expect(by.authentication).toStartWith('pass ');
});

needs('openssl')('a certificate is accepted by the configured authority, and refused without it', async () => {
  const directory = quickDirectory();
  const [key, certificate] = [`${directory.path}/site.key`, `${directory.path}/site.pem`];
  makeAuthority(directory.path, 'site');
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { key: Bun.file(key), cert: Bun.file(certificate) },
    fetch: () => error(400, 'JSON body required'),
  });
  const url = `https://127.0.0.1:${server.port}`;
  const tlsWith = async (yaml: string) => {
    await Bun.write(`${directory.path}/collector.yaml`, yaml);
    const { sam } = loadConfig(directory.path, { HOME: '/nowhere', STATUS_API_URL: url, ...login });
    const found = (await checkSam(sam, [], '/dir/env', {})).find(({ name }) => name === 'TLS');
    return `${found?.result} ${found?.message} → ${found?.remedy}`;
  };
  expect(await tlsWith('')).toMatch(/^fail .*self.signed.* → openssl s_client -connect 127\.0\.0\.1:\d+/);
  expect(await tlsWith(`destinations: { sam: { ca_file: ${certificate} } }\n`)).toStartWith(
    `pass the certificate is accepted, by ${certificate}`,
  );
  expect(await tlsWith(`destinations: { sam: { ca_file: /nonexistent } }\n`)).toStartWith('fail cannot read');
  directory.remove();
});

describe('the usage-history API', () => {
  const found = async (status: number, credentials: Record<string, string>) => {
    const seen: (string | null)[][] = [];
    using server = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      fetch(request) {
        seen.push([new URL(request.url).pathname, request.headers.get('x-api-key')]);
        return Response.json({ detail: 'said' }, { status });
      },
    });
    const directory = quickDirectory();
    const environment = { HOME: '/nowhere', INGEST_API_URL: `http://127.0.0.1:${server.port}`, ...credentials };
    const { ingest } = loadConfig(directory.path, environment);
    directory.remove();
    const findings = await checkIngest(ingest, '/dir/env', {});
    return {
      seen,
      by: Object.fromEntries(
        findings.map(({ name, result, message, remedy }) => [name, `${result} ${message} → ${remedy}`]),
      ),
    };
  };
  const key = { INGEST_API_KEY: 'secret-key' };

  test('that accepts the key answers an empty batch with an error, and stores nothing', async () => {
    const { seen, by } = await found(422, key);
    expect(by['ingest authentication']).toBe('pass the key in INGEST_API_KEY is accepted → null');
    expect(by['ingest API']).toStartWith('pass ');
    expect(seen).toEqual([['/api/data/ingest', 'secret-key']]);
  });

  test.each([
    ['a key that is refused', 401, key, 'ingest authentication', /^fail the key in INGEST_API_KEY is refused .*vi /],
    ['no key', 401, {}, 'ingest authentication', /^skip no credentials are configured/],
    [
      'another site',
      404,
      key,
      'ingest API',
      /^fail .* is not the usage-history API: HTTP 404 → correct INGEST_API_URL/,
    ],
  ] as const)('%s', async (_, status, credentials, name, message) => {
    expect((await found(status, credentials)).by[name]).toMatch(message);
  });

  test('that is not configured is not checked', async () => {
    const { ingest } = loadConfig(null, { HOME: '/nowhere' });
    expect(await checkIngest(ingest, '/dir/env', {})).toEqual([]);
  });
});
