/** What `doctor` says of the way to the API: certificate, authority, proxy, clock. */

import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'bun:test';
import { join } from 'node:path';
import { makeAuthority, signCertificate } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { newSite, type Site } from '../support/site.ts';

const certificates = temporaryDirectory();
const path = (name: string) => join(certificates.path, name);
const test = needs('openssl');

let site: Site;
let server: Bun.Server<undefined>;
/** Seconds that the API's clock is ahead of ours. */
let ahead: number;
beforeAll(() => {
  if (Bun.which('openssl') === null) return;
  makeAuthority(certificates.path, 'site');
  signCertificate(certificates.path, 'api', { authority: 'site', address: 'IP:127.0.0.1' });
});
afterAll(() => certificates.remove());
beforeEach(() => {
  site = newSite();
  ahead = 0;
  server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { key: Bun.file(path('api.key')), cert: Bun.file(path('api.pem')) },
    // As SAM: an unknown path is a page, whatever the login.
    fetch: ({ url }) =>
      /\/(derecho|casper|jupyterhub)$/.test(url)
        ? Response.json(
            { error: 'JSON body required' },
            { status: 400, headers: { Date: new Date(Date.now() + ahead * 1000).toUTCString() } },
          )
        : new Response('<title>404 Not Found</title>', { status: 404 }),
  });
  site.api(`https://127.0.0.1:${server.port}`);
});
afterEach(async () => {
  await server.stop(true);
  await site.remove();
});

async function doctor(yaml = '', environment: Record<string, string> = {}): Promise<Record<string, string>> {
  site.configure('collector.yaml', yaml);
  const { stdout } = await site.start(['doctor', '--json'], { env: { ...site.env, ...environment } }).ended;
  const findings = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  return Object.fromEntries(
    findings.map(({ name, result, message, remedy }) => [name, `${result} ${message} → ${remedy}`]),
  );
}

const trusted = () => `destinations: { sam: { ca_file: ${path('site.pem')} } }\n`;

test('the certificate is accepted with the authority of the site, which is named', async () => {
  const found = await doctor(trusted());
  expect(found.TLS).toStartWith(`pass the certificate is accepted, by ${path('site.pem')}`);
  expect(found.authentication).toStartWith('pass');
  expect(found.proxy).toStartWith('pass none');
});

test('the certificate is refused without that authority, with the command that shows it', async () => {
  const found = await doctor();
  expect(found.TLS).toMatch(/^fail .*unable to verify.* → openssl s_client -connect 127\.0\.0\.1:\d+/);
});

test('a system that the API does not know is reported, with the remedy', async () => {
  for (const name of ['casper', 'aurora']) site.localSystem(name);
  const found = await doctor(`${trusted()}systems: [casper, aurora]\n`);
  expect(found['API casper']).toStartWith('pass the status API accepts snapshots of casper');
  expect(found['API aurora']).toBe(
    'fail the status API does not accept snapshots of aurora: HTTP 404 → remove aurora from systems: in collector.yaml   # SAM accepts derecho, casper and jupyterhub',
  );
});

test("a clock that differs from the API's is reported", async () => {
  expect((await doctor(trusted())).clock).toStartWith('pass');
  ahead = 600;
  expect((await doctor(trusted())).clock).toMatch(/^fail (10m|9m5\ds) behind the clock of the API/);
});

test('a proxy of the environment is reported, because cron does not have it', async () => {
  site.api('https://sam.invalid');
  const found = await doctor(trusted(), { https_proxy: 'http://me:a-secret@127.0.0.1:1' });
  expect(found.proxy).toMatch(/^warn https_proxy is http:\/\/\*{8}@127\.0\.0\.1:1/);
  expect(JSON.stringify(found)).not.toContain('a-secret');
});
