import { afterAll, beforeAll, expect } from 'bun:test';
import { join } from 'node:path';
import { makeAuthority, signCertificate } from '../support/certificates.ts';
import { temporaryDirectory } from '../support/files.ts';
import { needs } from '../support/needs.ts';
import { drainTo, openOutbox } from './helper.ts';

const directory = temporaryDirectory();
const path = (name: string) => join(directory.path, name);
beforeAll(() => {
  if (Bun.which('openssl') === null) return;
  for (const name of ['site', 'other']) makeAuthority(directory.path, name);
  const own = { authority: 'site', address: 'IP:127.0.0.1' };
  signCertificate(directory.path, 'good', own);
  signCertificate(directory.path, 'expired', { ...own, days: -1 });
  signCertificate(directory.path, 'wrong-name', { ...own, address: 'DNS:sam.example.org' });
});
afterAll(() => directory.remove());

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
