/** What doctor says of each kind of destination, and what it asks of it. */

import { afterEach, beforeEach, describe, expect, setSystemTime, test } from 'bun:test';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { checkIngest } from '../../src/doctor/ingest.ts';
import { checkSam } from '../../src/doctor/sam.ts';
import { checkSams } from '../../src/doctor/sams.ts';
import { linesOf } from '../support/findings.ts';
import { systemOf, withConfigDirectory } from '../support/systems.ts';

type Kind = 'sam' | 'ingest' | 'sams';
type Variables = Readonly<Record<string, string>>;

let seen: string[];
let answer: (request: Request) => Response;
let server: Bun.Server<undefined>;
let url: string;
const now = new Date('2026-03-01T12:00:00Z');
beforeEach(() => {
  setSystemTime(now);
  seen = [];
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { headers, method } = request;
      const login = ['authorization', 'x-api-key', 'idempotency-key'].map((name) => headers.get(name) ?? '-');
      seen.push([method, new URL(request.url).pathname, ...login, await request.text()].join(' '));
      return answer(request);
    },
  });
  url = `http://127.0.0.1:${server.port}`;
});
afterEach(async () => {
  setSystemTime();
  await server.stop(true);
});

const json = (status: number) => () =>
  Response.json({ error: 'said' }, { status, headers: { Date: now.toUTCString() } });

/** The settings of the destination of this name, if `collector.yaml` has these for it. */
function settingsOf(name: string, kind: Kind, configured: object, environment: Variables) {
  const of = name === kind ? configured : { kind, ...configured };
  const files = { 'collector.yaml': stringify({ destinations: { [name]: of } }) };
  const settings = withConfigDirectory(files, (directory) =>
    loadConfig(directory, { HOME: '/nowhere', ...environment }),
  ).destinations.get(name);
  if (settings === undefined) throw new Error(`there is no ${name}`);
  return settings;
}

async function check(
  name: string,
  kind: Kind,
  configured: object = {},
  environment: Variables = {},
  systems: readonly string[] = [],
) {
  const settings = settingsOf(name, kind, configured, environment);
  if (settings.kind === 'sam') {
    const all = systems.map((system) => systemOf(system));
    return linesOf(await checkSam(settings, all, '/dir/env', environment, ...(name === 'sam' ? [] : [name])));
  }
  if (settings.kind === 'sams') return linesOf(await checkSams(settings, name));
  return linesOf(await checkIngest(settings, '/dir/env', environment, ...(name === 'ingest' ? [] : [name])));
}

const samLogin = { STATUS_API_USER: 'ada', STATUS_API_PASSWORD: 'pw-of-ada' };
const basic = `Basic ${btoa('ada:pw-of-ada')}`;
const twoLogin = { TWO_API_USER: 'eve', TWO_API_PASSWORD: 'pw-of-eve' };
const checks = ['proxy', 'API', 'TLS', 'clock', 'authentication'];

describe('a status API', () => {
  test.each([
    ['sam', ''],
    ['two', 'two '],
  ])('%s without an address is not checked', async (name, prefix) => {
    expect(await check(name, 'sam', {}, {}, ['casper'])).toEqual(
      checks.map((one) => `skip ${prefix}${one}: no address is configured`),
    );
  });

  test('that accepts the login and the systems passes; its requests store nothing', async () => {
    answer = json(400);
    expect(await check('sam', 'sam', { url }, samLogin, ['casper', 'derecho'])).toEqual([
      'pass proxy: none',
      `pass API: ${url} answers`,
      'skip TLS: plain HTTP, to this host',
      'pass clock: agrees with the clock of the API',
      'pass authentication: user ada is accepted',
      'pass API casper: the status API accepts snapshots of casper',
      'pass API derecho: the status API accepts snapshots of derecho',
    ]);
    expect(seen).toEqual([
      `POST /api/v1/status/derecho ${basic} - - {}`,
      `POST /api/v1/status/casper ${basic} - - {}`,
      `POST /api/v1/status/derecho ${basic} - - {}`,
    ]);
  });

  test('of another name has its name before each finding', async () => {
    answer = json(400);
    expect(await check('two', 'sam', { url }, twoLogin, ['casper'])).toEqual([
      'pass two proxy: none',
      `pass two API: ${url} answers`,
      'skip two TLS: plain HTTP, to this host',
      'pass two clock: agrees with the clock of the API',
      'pass two authentication: user eve is accepted',
      'pass two API casper: the status API accepts snapshots of casper',
    ]);
    expect(seen[0]).toBe(`POST /api/v1/status/derecho Basic ${btoa('eve:pw-of-eve')} - - {}`);
  });

  test('is asked without a login if none is configured', async () => {
    answer = json(401);
    expect(await check('sam', 'sam', { url }, { STATUS_API_USER: 'ada' }, ['casper'])).toEqual([
      'pass proxy: none',
      `pass API: ${url} answers`,
      'skip TLS: plain HTTP, to this host',
      'pass clock: agrees with the clock of the API',
      'skip authentication: no credentials are configured',
      'skip API casper: HTTP 401 does not show whether the API accepts snapshots of casper',
    ]);
    expect(seen).toEqual(['POST /api/v1/status/derecho - - - {}', 'POST /api/v1/status/casper - - - {}']);
  });

  test('that is another site fails, and is not asked for the systems', async () => {
    answer = () => new Response('<html>', { status: 404, headers: { Date: now.toUTCString() } });
    expect(await check('sam', 'sam', {}, { ...samLogin, STATUS_API_URL: url }, ['casper'])).toEqual([
      'pass proxy: none',
      `fail API: ${url} is not the status API: HTTP 404 → correct STATUS_API_URL`,
      'skip TLS: plain HTTP, to this host',
      'pass clock: agrees with the clock of the API',
      'skip authentication: HTTP 404 does not show whether the login is accepted',
    ]);
    const ofSetting = await check('two', 'sam', { url }, twoLogin, ['casper']);
    expect(ofSetting[1]).toBe(`fail two API: ${url} is not the status API: HTTP 404 → correct destinations.two.url`);
    expect(ofSetting).toHaveLength(5);
    expect(seen).toHaveLength(2);
  });

  test('that refuses the login names its user and the file', async () => {
    answer = json(401);
    expect((await check('sam', 'sam', { url }, samLogin))[4]).toBe(
      'fail authentication: user ada is refused (HTTP 401) → vi /dir/env',
    );
  });

  const refused = (status: number) =>
    `fail API casper: the status API does not accept snapshots of casper: HTTP ${status} → remove casper from systems: in collector.yaml   # SAM accepts derecho, casper and jupyterhub`;
  const unclear = (status: number) =>
    `skip API casper: HTTP ${status} does not show whether the API accepts snapshots of casper`;
  test.each([
    ['its error', json(400), 'pass API casper: the status API accepts snapshots of casper'],
    ['a page', () => new Response('<html>', { status: 400 }), unclear(400)],
    ['its error', json(403), unclear(403)],
    ['its error', json(404), refused(404)],
    ['a page', () => new Response('<html>', { status: 404 }), refused(404)],
    ['its error', json(405), refused(405)],
    ['its error', json(406), unclear(406)],
    ['its error', json(429), unclear(429)],
  ])('answers for a system with %s', async (_, reply, line) => {
    answer = (request) => (request.url.endsWith('/casper') ? reply() : json(400)());
    const found = await check('sam', 'sam', { url }, samLogin, ['casper', 'derecho']);
    expect(found.slice(5)).toEqual([line, 'pass API derecho: the status API accepts snapshots of derecho']);
  });

  test('may stop answering', async () => {
    answer = (request) => {
      if (request.url.endsWith('/casper')) server.stop(true);
      return json(400)();
    };
    expect((await check('sam', 'sam', { url }, samLogin, ['casper'])).at(-1)).toBe(
      'skip API casper: the connection was lost before the answer was complete',
    );
  });

  test('has its own authority and permission for plain HTTP', async () => {
    answer = json(400);
    expect(await check('sam', 'sam', { url, ca_file: '/nonexistent/ca' }, samLogin, ['casper'])).toEqual([
      "fail TLS: cannot read destinations.sam.ca_file /nonexistent/ca: ENOENT: no such file or directory, open '/nonexistent/ca' → hpc-collector config show   # destinations.sam.ca_file",
    ]);
    expect(await check('two', 'sam', { url, ca_file: '/nonexistent/ca' }, twoLogin)).toEqual([
      "fail two TLS: cannot read destinations.two.ca_file /nonexistent/ca: ENOENT: no such file or directory, open '/nonexistent/ca' → hpc-collector config show   # destinations.two.ca_file",
    ]);
    expect((await check('two', 'sam', { url, allow_insecure_http: true }, twoLogin))[2]).toBe(
      'warn two TLS: plain HTTP sends the password unencrypted → set destinations.two.url to an https address',
    );
  });

  test('has its proxy, of the settings or of the environment', async () => {
    const proxy = 'http://127.0.0.1:1';
    const site = 'https://sam.invalid';
    expect(await check('two', 'sam', { url: site, proxy }, twoLogin, ['casper'])).toEqual([
      `pass two proxy: configured: ${proxy}`,
      `fail two API: ${site}: connection refused, through the proxy ${proxy} → curl -sS -o /dev/null -w '%{http_code}\\n' ${site}`,
      'skip two TLS: there was no connection',
      'skip two clock: the API did not answer',
      'skip two authentication: the API did not answer',
    ]);
    expect((await check('sam', 'sam', { url: site }, { ...samLogin, https_proxy: proxy }))[0]).toStartWith(
      `warn proxy: https_proxy is ${proxy}`,
    );
  });
});

describe('a usage-history API', () => {
  test.each(['ingest', 'ours'])('%s without an address has no finding', async (name) => {
    expect(await check(name, 'ingest')).toEqual([]);
  });

  test.each([
    ['ingest', 'INGEST_API_KEY'],
    ['ours', 'OURS_API_KEY'],
  ])('%s that accepts the key passes; its request stores nothing', async (name, variable) => {
    answer = json(422);
    expect(await check(name, 'ingest', { url }, { [variable]: 'key-of-ours' })).toEqual([
      `pass ${name} proxy: none`,
      `pass ${name} API: ${url} answers`,
      `skip ${name} TLS: plain HTTP, to this host`,
      `pass ${name} clock: agrees with the clock of the API`,
      `pass ${name} authentication: the key in ${variable} is accepted`,
    ]);
    expect(seen).toEqual(['POST /api/data/ingest - key-of-ours - {}']);
  });

  test('is asked without a key if none is configured', async () => {
    answer = json(401);
    expect(await check('ours', 'ingest', { url })).toEqual([
      'pass ours proxy: none',
      `pass ours API: ${url} answers`,
      'skip ours TLS: plain HTTP, to this host',
      'pass ours clock: agrees with the clock of the API',
      'skip ours authentication: no credentials are configured',
    ]);
    expect(seen).toEqual(['POST /api/data/ingest - - - {}']);
  });

  test('has its own settings', async () => {
    answer = json(404);
    const variables = { OURS_API_KEY: 'key-of-ours', OURS_API_URL: url };
    expect(await check('ours', 'ingest', { allow_insecure_http: true }, variables)).toEqual([
      'pass ours proxy: none',
      `fail ours API: ${url} is not the usage-history API: HTTP 404 → correct OURS_API_URL`,
      'warn ours TLS: plain HTTP sends the password unencrypted → set OURS_API_URL to an https address',
      'pass ours clock: agrees with the clock of the API',
      'skip ours authentication: HTTP 404 does not show whether the login is accepted',
    ]);
    expect(await check('ours', 'ingest', { ca_file: '/nonexistent/ca' }, variables)).toEqual([
      "fail ours TLS: cannot read destinations.ours.ca_file /nonexistent/ca: ENOENT: no such file or directory, open '/nonexistent/ca' → hpc-collector config show   # destinations.ours.ca_file",
    ]);
    answer = json(403);
    expect((await check('ours', 'ingest', {}, variables))[4]).toBe(
      'fail ours authentication: the key in OURS_API_KEY is refused (HTTP 403) → vi /dir/env',
    );
    const proxy = 'http://127.0.0.1:1';
    const environment = { https_proxy: proxy, OURS_API_KEY: 'key-of-ours' };
    expect((await check('ours', 'ingest', { url: 'https://ours.invalid' }, environment))[0]).toStartWith(
      `warn ours proxy: https_proxy is ${proxy}`,
    );
  });
});

describe('a receiver of samples', () => {
  test('needs an address', async () => {
    expect(await check('post-box', 'sams')).toEqual([
      'fail post-box API: no address is configured → set POST_BOX_API_URL',
    ]);
  });

  test.each([200, 404, 500])('passes if it answers with any status: %d', async (status) => {
    answer = json(status);
    expect(await check('post', 'sams', { url })).toEqual([`pass post API: ${url} answers`]);
    expect(seen).toEqual(['GET / - - - ']);
  });

  test('fails if it does not answer', async () => {
    const nowhere = 'http://127.0.0.1:1';
    expect(await check('post', 'sams', { url: nowhere })).toEqual([
      `fail post API: ${nowhere}: connection refused → curl -sS ${nowhere}   # or correct POST_API_URL`,
    ]);
    expect(await check('post', 'sams', { url: 'https://post.invalid', proxy: nowhere })).toEqual([
      `fail post API: https://post.invalid: connection refused, through the proxy ${nowhere} → curl -sS https://post.invalid   # or correct POST_API_URL`,
    ]);
  });

  test('fails if its authority cannot be read', async () => {
    expect(await check('post', 'sams', { url, ca_file: '/nonexistent/ca' })).toEqual([
      "fail post API: cannot read destinations.post.ca_file /nonexistent/ca: ENOENT: no such file or directory, open '/nonexistent/ca' → hpc-collector config show   # destinations.post.ca_file",
    ]);
    expect(seen).toEqual([]);
  });
});
