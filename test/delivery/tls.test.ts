import { afterAll, beforeAll, expect } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { drainTo, openOutbox } from './helper.ts';

const directory = temporaryDirectory();
const path = (name: string) => join(directory.path, name);
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

beforeAll(() => {
  if (Bun.which('openssl') === null) return;
  for (const name of ['site', 'other']) makeAuthority(name);
  sign('good', 'site', 'IP:127.0.0.1', '2');
  sign('expired', 'site', 'IP:127.0.0.1', '-1');
  sign('wrong-name', 'site', 'DNS:sam.example.org', '2');
});
afterAll(() => directory.remove());

function openssl(...argv: string[]): void {
  const { exit, stderr } = run(['openssl', ...argv], { cwd: directory.path });
  if (exit !== 0) throw new Error(`openssl ${argv[0]} failed: ${stderr}`);
}

/** Makes a certificate that signs itself. */
function makeAuthority(name: string): void {
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  openssl('req', '-x509', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-days', '2', ...names);
}

function sign(name: string, authority: string, address: string, days: string): void {
  openssl('req', ...newKey, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  writeFileSync(path(`${name}.ext`), `subjectAltName=${address}`);
  const signer = ['-CA', `${authority}.pem`, '-CAkey', `${authority}.key`, '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    ...signer,
    '-out',
    `${name}.pem`,
    '-extfile',
    `${name}.ext`,
    '-days',
    days,
  );
}

needs('openssl').each([
  ['a self-signed certificate is refused', 'site', null, /self.signed certificate/],
  ['a certificate of an unknown authority is refused', 'good', null, /unable to verify the first certificate/],
  ['a certificate of another authority than the configured one is refused', 'good', 'other', /unable to verify/],
  ['a certificate for another name is refused', 'wrong-name', 'site', /^the certificate is for another host name$/],
  ['a certificate that has expired is refused', 'expired', 'site', /certificate has expired/],
  ['a certificate of the configured authority is accepted', 'good', 'site', null],
  ['a self-signed certificate that is configured is accepted', 'site', 'site', null],
])('%s', async (_, certificate, authority, refusal) => {
  let requests = 0;
  using server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    tls: { key: Bun.file(path(`${certificate}.key`)), cert: Bun.file(path(`${certificate}.pem`)) },
    fetch() {
      requests += 1;
      return Response.json({ success: true, status_id: 1 }, { status: 201 });
    },
  });
  const box = openOutbox();
  const id = box.add('x');
  const settings = authority === null ? {} : { ca_file: path(`${authority}.pem`) };
  const result = await drainTo(box, `https://127.0.0.1:${server.port}`, { settings });
  const entry = box.entry(id);
  box.close();
  if (refusal === null) {
    expect(result).toMatchObject({ delivered: 1, left: 0 });
    return;
  }
  expect(result).toMatchObject({ delivered: 0, left: 1, stopped: ['sam/x'] });
  expect(entry).toMatchObject({ state: 'pending', attempts: 4, firstSentAt: null });
  expect(entry.lastError).toMatch(refusal);
  // The login must not have been shown to a stranger.
  expect(requests).toBe(0);
});

needs('openssl')('a port that does not speak TLS is said to be one', async () => {
  using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => new Response('plain') });
  const box = openOutbox();
  const id = box.add('x');
  await drainTo(box, `https://127.0.0.1:${server.port}`);
  expect(box.entry(id).lastError).toMatch(/TLS handshake failed/);
  box.close();
});
