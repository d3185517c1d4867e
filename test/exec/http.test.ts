/** Requests as commands. */

import { afterAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCommand, withHttp } from '../../src/exec/http.ts';
import { readText } from '../../src/exec/read-text.ts';
import { makeAuthority } from '../support/certificates.ts';
import { answering } from '../support/executors.ts';
import { temporaryDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { unknownHost } from '../support/unknown-host.ts';

const directory = temporaryDirectory();
const servers: Bun.Server<undefined>[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop(true);
  directory.remove();
});

const secret = 'secret-token-0123456789';
const limits = { timeoutSeconds: 2, maxOutputBytes: 1000 };
function get(url: string, ca: string | null = null, proxy: string | null = null) {
  const executor = withHttp(
    answering(() => null),
    { authorization: `token ${secret}`, secret, ca, proxy },
  );
  return readText(executor, getCommand(url, 'text/plain', limits));
}
function serve(answer: (request: Request) => Response | Promise<Response>, tls?: Bun.TLSOptions): string {
  const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer, ...(tls ? { tls } : {}) });
  servers.push(server);
  return `${tls ? 'https' : 'http'}://127.0.0.1:${server.port}`;
}

test('the request is sent to the proxy', async () => {
  const proxy = serve((request) => new Response(`for ${new URL(request.url).host}`));
  expect(await get('http://hub.invalid/', null, proxy)).toEqual({ kind: 'done', text: 'for hub.invalid' });
});

test('the body is the output, and the token is in the request only', async () => {
  const url = serve((request) => Response.json([request.headers.get('accept'), request.headers.get('authorization')]));
  const command = getCommand(url, 'text/plain', limits);
  expect(command.argv).toEqual(['GET', '-H', 'Accept: text/plain', url]);
  expect(await get(url)).toEqual({ kind: 'done', text: '["text/plain","token ********"]' });
});

test.each([
  [403, { body: '{"message": "no"}' }, 'HTTP 403: {"message": "no"}'],
  [503, { body: '<h1>Service <b>Unavailable</b></h1><style>x</style>' }, 'HTTP 503: Service Unavailable'],
  [302, { body: '', headers: { Location: '/hub/login' } }, 'HTTP 302 to /hub/login'],
])('HTTP %p is exit code 22, with what the server says', async (status, { body, ...rest }, stderr) => {
  const url = serve(() => new Response(body, { status, ...rest }));
  expect(await get(url)).toMatchObject({ kind: 'failed', ending: { kind: 'exited', code: 22, stderr } });
});

test('an answer that is too large is an error', async () => {
  expect(await get(serve(() => new Response('x'.repeat(1001))))).toMatchObject({
    ending: { kind: 'output-too-large', limitBytes: 1000 },
  });
});

test('a missing answer is a time-out', async () => {
  expect(await get(serve(() => new Promise<Response>(() => {})))).toMatchObject({
    ending: { kind: 'timed-out', seconds: 2 },
  });
});

test('a closed port is reported as refused, and an unknown name differently', async () => {
  const url = serve(() => new Response());
  await servers.pop()?.stop(true);
  expect(await get(url)).toMatchObject({ ending: { code: 7, stderr: 'connection refused' } });
  expect(await get(`http://${unknownHost}/`)).toMatchObject({ ending: { code: 6 } });
});

needs('openssl')('a certificate is verified, by the authority of the site where there is one', async () => {
  const path = (name: string) => join(directory.path, name);
  makeAuthority(directory.path, 'hub');
  const [key, cert] = [readFileSync(path('hub.key'), 'utf8'), readFileSync(path('hub.pem'), 'utf8')];
  const url = serve(() => new Response('secure'), { key, cert });
  expect(await get(url)).toMatchObject({ ending: { code: 60, stderr: expect.stringContaining('certificate') } });
  expect(await get(url, cert)).toEqual({ kind: 'done', text: 'secure' });
});
