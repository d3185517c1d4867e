/** The files of the dashboard, as the executable serves them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
let url: string;
beforeAll(async () => {
  site = newSite();
  ({ url } = await site.serve());
});
afterAll(() => site.remove());

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(url + path, { headers: { 'Accept-Encoding': 'identity', ...headers } });

/** Returns the paths that a text loads from the start: scripts, the chunks that they import, and styles. */
async function firstView(): Promise<string[]> {
  const page = await (await get('/')).text();
  const direct = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
  const scripts = direct.filter((path) => path.endsWith('.js'));
  const imported: string[] = [];
  for (const path of scripts) {
    const code = await (await get(path)).text();
    imported.push(...[...code.matchAll(/from\s*"(\/assets\/[^"]+)"/g)].map(([, chunk = '']) => chunk));
  }
  return [...new Set([...direct, ...imported])];
}

test('a page allows only scripts and styles from its own files, and none inline', async () => {
  const page = await get('/systems/derecho');
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  );
  expect(page.headers.get('x-content-type-options')).toBe('nosniff');
  const html = await page.text();
  expect(html).not.toMatch(/<script>|<style|style=|\son\w+=/);
  expect(html).not.toContain('{');
});

test('browsers check a page at each load, and keep its files without a check', async () => {
  expect((await get('/')).headers.get('cache-control')).toBe('no-cache');
  for (const path of await firstView()) {
    const file = await get(path);
    expect({ path, status: file.status, cache: file.headers.get('cache-control') }).toEqual({
      path,
      status: 200,
      cache: 'public, max-age=31536000, immutable',
    });
  }
});

test("a file in the browser's cache is not sent again", async () => {
  const etag = (await get('/')).headers.get('etag') ?? '';
  expect((await get('/', { 'If-None-Match': `"other", W/${etag}` })).status).toBe(304);
  expect((await get('/', { 'If-None-Match': '"other"' })).status).toBe(200);
});

test('files are compressed for clients that accept it', async () => {
  const [script = ''] = (await firstView()).filter((path) => path.endsWith('.js'));
  const plain = await get(script);
  const compressed = await get(script, { 'Accept-Encoding': 'br, gzip;q=0.5' });
  expect(plain.headers.get('content-encoding')).toBeNull();
  expect(compressed.headers.get('content-encoding')).toBe('gzip');
  expect((await get(script, { 'Accept-Encoding': 'gzip;q=0' })).headers.get('content-encoding')).toBeNull();
  expect(await compressed.text()).toBe(await plain.text());
});

test('the first view without charts is under 60 kB', async () => {
  let bytes = Bun.gzipSync(await (await get('/')).arrayBuffer()).byteLength;
  for (const path of await firstView()) bytes += Bun.gzipSync(await (await get(path)).arrayBuffer()).byteLength;
  expect(bytes).toBeLessThan(60_000);
  expect(bytes).toBeGreaterThan(10_000);
});

test('unknown file names are 404', async () => {
  for (const path of ['/assets/none.js', '/assets/index.html', '/assets/..%2Findex.html', '/nonsense']) {
    expect({ path, status: (await get(path)).status }).toEqual({ path, status: 404 });
  }
});
