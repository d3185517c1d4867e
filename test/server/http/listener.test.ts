/** Listening: addresses, certificates, limits, and what is said if one of them cannot be used. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../../src/lib/errors.ts';
import { originsIn } from '../../../src/server/http/cors.ts';
import { parseListen, urlOf } from '../../../src/server/http/listen.ts';
import { startListener } from '../../../src/server/http/listener.ts';
import { openFiles } from '../../../src/server/http/open-connections.ts';
import { readTls } from '../../../src/server/http/tls.ts';
import { startReceiver } from '../../../src/server/receiver.ts';
import { makeAuthority } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/files.ts';
import { raw, startForTest } from '../helper.ts';

/** The message of an error for the operator. */
async function refusal(ask: () => unknown): Promise<unknown> {
  try {
    return await ask();
  } catch (error) {
    return error instanceof OperatorError ? error.message : error;
  }
}

const example = 'write HOST:PORT, such as 127.0.0.1:8080, [::1]:8080 or :8080';
test.each([
  ['', `Cannot listen on "": ${example}`],
  ['8080', `Cannot listen on "8080": ${example}`],
  ['::1:80', `Cannot listen on "::1:80": an IPv6 address needs brackets; ${example}`],
  ['a:65536', `Cannot listen on "a:65536": the port must be a number from 0 to 65535; ${example}`],
  ['a:123456', `Cannot listen on "a:123456": the port must be a number from 0 to 65535; ${example}`],
  ['[localhost]:80', `Cannot listen on "[localhost]:80": only an IPv6 address goes into brackets; ${example}`],
  ['[]:80', `Cannot listen on "[]:80": only an IPv6 address goes into brackets; ${example}`],
  ['a b:80', `Cannot listen on "a b:80": the host name has characters it cannot have; ${example}`],
  [`${'x'.repeat(90)}`, `Cannot listen on "${'x'.repeat(80)}…": ${example}`],
])('the address %p is refused', async (text, words) => expect(await refusal(() => parseListen(text))).toBe(words));

test.each([
  ['[::1]:65535', { hostname: '::1', port: 65_535 }, 'https://[::1]:65535'],
  [' :0 ', { hostname: '127.0.0.1', port: 0 }, 'https://127.0.0.1:0'],
  ['a_b.c-1:080', { hostname: 'a_b.c-1', port: 80 }, 'https://a_b.c-1:80'],
])('the address %p is %j', (text, address, url) => {
  expect(parseListen(text)).toEqual(address);
  expect([urlOf(address, true), urlOf(address)]).toEqual([url, url.replace('https', 'http')]);
});

test('the origins of pages have commas between them', async () => {
  expect([...originsIn(' https://a.example , http://b:3000,')]).toEqual(['https://a.example', 'http://b:3000']);
  const words =
    'which is not an origin: write SCHEME://HOST or SCHEME://HOST:PORT, such as https://dashboard.example.org';
  for (const text of ['*', 'https://a.example/', 'a']) {
    expect(await refusal(() => originsIn(`https://b.example,${text}`))).toBe(`CORS_ORIGINS has '${text}', ${words}`);
  }
  expect(await refusal(() => originsIn('x'.repeat(90)))).toBe(`CORS_ORIGINS has '${'x'.repeat(80)}…', ${words}`);
});

describe('a certificate', () => {
  const { path: directory, remove } = temporaryDirectory();
  const file = (name: string) => join(directory, name);
  beforeAll(() => {
    for (const name of ['one', 'two']) makeAuthority(directory, name);
    writeFileSync(file('text'), 'no PEM');
  });
  afterAll(remove);
  const read = (certificate: string, key: string, now = new Date()) =>
    refusal(() => readTls({ certificate: file(certificate), key: file(key) }, now));

  test('is read with its key', async () => {
    const text = (name: string) => Bun.file(file(name)).text();
    expect(await read('one.pem', 'one.key')).toEqual({ cert: await text('one.pem'), key: await text('one.key') });
  });

  test('that cannot be used is refused with what to do', async () => {
    expect(await read('none', 'one.key')).toMatch(
      new RegExp(`^Cannot read ${file('none')}: ENOENT.*\\. Check --tls-cert and --tls-key\\.$`),
    );
    expect(await read('text', 'one.key')).toBe(`${file('text')} does not have a certificate in PEM form.`);
    expect(await read('one.pem', 'text')).toBe(`${file('text')} does not have an unencrypted private key in PEM form.`);
    expect(await read('one.pem', 'two.key')).toBe(
      `${file('two.key')} is not the key of the certificate in ${file('one.pem')}: give both of one.`,
    );
    for (const days of [-2, 3]) {
      expect(await read('one.pem', 'one.key', new Date(Date.now() + days * 86_400_000))).toMatch(
        new RegExp(`^The certificate in ${file('one.pem')} is valid from \\S.*GMT to \\S.*GMT, not now: renew it\\.$`),
      );
    }
  });
});

describe('a listener', () => {
  const options = { hostname: '127.0.0.1', port: 0, tls: null, idleTimeout: 10 };

  test('passes on the address of the client, and answers an error that is not caught', async () => {
    const lines: string[] = [];
    const listener = startListener({
      ...options,
      answer: async (request, peer) => {
        if (request.url.endsWith('/broken')) throw new Error('inside');
        return new Response(peer);
      },
      log: (line, level) => lines.push(`${level}: ${line}`),
    });
    listener.reload();
    expect(await (await fetch(listener.url)).text()).toBe('127.0.0.1');
    const broken = await fetch(`${listener.url}/broken`);
    expect([broken.status, await broken.json()]).toEqual([500, { error: 'Internal error' }]);
    expect(lines).toEqual(['error: 500: inside']);
    expect(listener.stop()).toBe(listener.stop());
    await listener.stop();
    expect(fetch(listener.url)).rejects.toThrow();
  });

  test('that cannot listen says why', async () => {
    const answer = () => Promise.resolve(new Response());
    const log = () => undefined;
    const first = startListener({ ...options, answer, log });
    const port = Number(new URL(first.url).port);
    expect(await refusal(() => startListener({ ...options, port, answer, log }))).toBe(
      `Cannot listen on ${first.url}: another program has this port; stop it, or listen on another one.`,
    );
    await first.stop();
    expect(await refusal(() => startListener({ ...options, hostname: '203.0.113.7', answer, log }))).toBe(
      'Cannot listen on http://203.0.113.7:0: this host has no such address; use one of its own, or 127.0.0.1.',
    );
  });
});

describe('open files', () => {
  test('are counted', () => {
    const before = openFiles();
    const files = [1, 2, 3].map(() => openSync('/dev/null', 'r'));
    expect(openFiles() - before).toBe(3);
    for (const file of files) closeSync(file);
  });

  test.each([
    [150, 125],
    [300, 250],
    [1000, 950],
  ])('with a limit of %d are at most %d before connections are dropped', async (limit, most) => {
    const module = JSON.stringify(join(import.meta.dir, '../../../src/server/http/open-connections.ts'));
    const code = `import { openFilesLimit } from ${module}; console.log(openFilesLimit());`;
    const child = Bun.spawn(['sh', '-c', `ulimit -n ${limit}; exec "$0" -e "$1"`, process.execPath, code]);
    expect((await child.stdout.text()).trim()).toBe(String(most));
  });
});

test.each(['0.0.0.0', '::'])('a receiver without TLS or a proxy does not listen on %s', async (hostname) => {
  const url = hostname === '::' ? 'http://[::]:8080' : 'http://0.0.0.0:8080';
  expect(await refusal(() => startReceiver({ hostname, port: 8080, database: '/nowhere/db' }))).toBe(
    `Cannot listen on ${url}: passwords would be sent unencrypted. Use --tls-cert and --tls-key, or --behind-proxy if a proxy with TLS forwards the requests.`,
  );
});

test('a receiver takes bodies of 16 MiB, of jobs 64 MiB, and small logins', async () => {
  const receiver = await startForTest({ ingest: { environmentKeys: ['key'] } });
  const head = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${btoa('collector:correct horse')}\r\n` +
    `X-API-Key: key\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;
  const answer = async (path: string, length: number) =>
    (await raw(receiver.url, head(path, length), (text) => text.includes('}'))).split('\r\n\r\n')[1];
  expect(await answer('/api/v1/status/s', 16 * 1024 ** 2 + 1)).toBe('{"error":"Request body is over 16777216 bytes"}');
  expect(await answer('/api/data/ingest', 64 * 1024 ** 2 + 1)).toBe('{"detail":"Request body is over 67108864 bytes"}');
  expect(await answer('/api/v1/session', 4097)).toBe('{"error":"Request body is over 4096 bytes"}');
  await receiver.remove();
});
