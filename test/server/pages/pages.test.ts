/** The pages of the dashboard and their files, as the handlers answer them. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { RequestProblem } from '../../../src/server/http/problem.ts';
import type { Call } from '../../../src/server/http/routing.ts';
import { type EmbeddedFile, embeddedFiles } from '../../../src/server/pages/embedded.ts';
import { getAsset, getPage } from '../../../src/server/pages/pages.ts';
import { temporaryDirectory } from '../../support/files.ts';

const { path: directory, remove } = temporaryDirectory();
const files = embeddedFiles as EmbeddedFile[];

beforeAll(async () => {
  for (const [name, contentType, content] of [
    ['index.html', 'text/html', '<p>{timeZone}</p>'],
    ['app-12ab.js', 'text/javascript', 'run()'],
  ] as const) {
    const [plain, gzip] = [join(directory, name), join(directory, `${name}.gz`)];
    await Bun.write(plain, content);
    await Bun.write(gzip, Bun.gzipSync(content));
    files.push({ name, contentType, sha256: `hash of ${name}`, plain, gzip });
  }
});
afterAll(() => {
  files.length = 0;
  remove();
});

function call(headers: Record<string, string> = {}, file?: string): Call {
  const url = new URL('http://localhost/');
  const client = { address: '', isLocal: true, origin: url.origin, prefix: '' };
  return { request: new Request(url.href, { headers }), url, client, parameters: file === undefined ? {} : { file } };
}

const always = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  vary: 'Accept-Encoding',
};
const html = '<p>America/&lt;Denver&gt;</p>';
const etag = `"${new Bun.CryptoHasher('sha256').update(html).digest('hex')}"`;
const page = () => getPage({ timeZone: 'America/<Denver>' });

describe('a page', () => {
  const headers = { ...always, 'content-type': 'text/html', 'cache-control': 'no-cache', etag };

  test('has the time zone of the site', async () => {
    const { response } = await page()(call());
    expect([response.status, await response.text()]).toEqual([200, html]);
    expect(Object.fromEntries(response.headers)).toEqual(headers);
  });

  test('is compressed for a browser that takes it', async () => {
    const { response } = await page()(call({ 'Accept-Encoding': 'gzip' }));
    expect(new TextDecoder().decode(Bun.gunzipSync(new Uint8Array(await response.arrayBuffer())))).toBe(html);
    expect(Object.fromEntries(response.headers)).toEqual({ ...headers, 'content-encoding': 'gzip' });
  });

  test.each([
    [etag, 304],
    [`"a", W/${etag}`, 304],
    [`W/"a" , ${etag} `, 304],
    ['"a"', 200],
    [`x${etag}`, 200],
    ['', 200],
  ])('with If-None-Match %p is answered with %d', async (tag, status) => {
    const { response } = await page()(call({ 'If-None-Match': tag }));
    expect([response.status, await response.text()]).toEqual([status, status === 304 ? '' : html]);
    expect(Object.fromEntries(response.headers)).toMatchObject(headers);
  });

  test('is not there if the receiver runs from its sources', async () => {
    const [index] = files.splice(0, 1);
    const answer = page()(call());
    if (index) files.unshift(index);
    await expect(answer).rejects.toMatchObject({
      ...{ status: 404, message: 'This receiver has no pages: run the built executable' },
    });
  });
});

describe('a file', () => {
  test('is kept by browsers, because its name has its hash', async () => {
    const headers = {
      ...{ ...always, 'content-type': 'text/javascript', etag: '"hash of app-12ab.js"' },
      'cache-control': 'public, max-age=31536000, immutable',
    };
    const { response } = await getAsset()(call({}, 'app-12ab.js'));
    expect([response.status, await response.text()]).toEqual([200, 'run()']);
    expect(Object.fromEntries(response.headers)).toEqual(headers);
    const cached = await getAsset()(call({ 'If-None-Match': '"hash of app-12ab.js"' }, 'app-12ab.js'));
    expect([cached.response.status, Object.fromEntries(cached.response.headers)]).toEqual([304, headers]);
  });

  test.each<[coding: string, isGzip: boolean]>([
    ['gzip', true],
    ['br, GZIP ;q=0.5', true],
    ['gzip;q=1', true],
    ['gzip; q=0', false],
    ['gzip;q=0.0', false],
    ['gzip;q=0.01', true],
    ['x-gzip', false],
    ['gzipped', false],
    ['identity', false],
    ['', false],
  ])('with Accept-Encoding %p is compressed: %p', async (coding, isGzip) => {
    const { response } = await getAsset()(call({ 'Accept-Encoding': coding }, 'app-12ab.js'));
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(response.headers.get('content-encoding')).toBe(isGzip ? 'gzip' : null);
    expect(new TextDecoder().decode(isGzip ? Bun.gunzipSync(bytes) : bytes)).toBe('run()');
  });

  test.each(['index.html', 'none.js', undefined])('%p is not found', async (name) => {
    const answer = getAsset()(call({}, name));
    await expect(answer).rejects.toBeInstanceOf(RequestProblem);
    await expect(answer).rejects.toMatchObject({ status: 404, message: 'Not found' });
  });
});
