/** HTTPS, and its certificate that is read again. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { makeAuthority, signCertificate } from '../../support/certificates.ts';
import { temporaryDirectory } from '../../support/files.ts';
import { heldBody, login, startForTest } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const { path: directory, remove } = temporaryDirectory();
const file = (name: string) => join(directory, name);
const files = { certificate: file('used.pem'), key: file('used.key') };

function use(name: string): void {
  copyFileSync(file(`${name}.pem`), files.certificate);
  copyFileSync(file(`${name}.key`), files.key);
}

beforeAll(() => {
  makeAuthority(directory, 'authority');
  for (const name of ['first', 'second']) {
    signCertificate(directory, name, { authority: 'authority', address: 'IP:127.0.0.1' });
  }
  signCertificate(directory, 'expired', { authority: 'authority', address: 'IP:127.0.0.1', days: -1 });
  writeFileSync(file('text'), 'no PEM');
});
afterAll(remove);

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function started() {
  use('first');
  const receiver = await startForTest({ tls: files });
  cleanups.push(() => receiver.remove());
  return receiver;
}

/** The name in the certificate that a new connection gets. */
function nameAt(url: string): Promise<unknown> {
  const { promise, resolve, reject } = Promise.withResolvers<unknown>();
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false }, () => {
    resolve(socket.getPeerCertificate().subject.CN);
    socket.destroy();
  });
  socket.on('error', reject);
  return promise;
}

test('requests are answered over HTTPS, and a wrong authority is refused by the client', async () => {
  const { url } = await started();
  expect(url).toStartWith('https://127.0.0.1:');
  const ca = Bun.file(file('authority.pem'));
  const answer = await fetch(`${url}/api/v1/status/outages`, { headers: login, tls: { ca } });
  expect(answer.status).toBe(200);
  expect(fetch(`${url}/api/v1/status/outages`, { headers: login })).rejects.toThrow();
});

test('a reload gives new connections the new certificate, and lets a request under way end', async () => {
  const { url, reloadTls } = await started();
  expect(await nameAt(url)).toBe('first');
  const { body, reached, release } = heldBody(leastTotals);
  const headers = { ...login, 'Content-Type': 'application/json' };
  const options = { tls: { rejectUnauthorized: false } };
  // Log in first, so that the request is in its body at the reload.
  await fetch(`${url}/api/v1/status/outages`, { ...options, headers });
  const posted = fetch(`${url}/api/v1/status/reload`, { ...options, method: 'POST', headers, body });
  await reached;
  await fetch(`${url}/api/v1/status/outages`, { ...options, headers });
  use('second');
  reloadTls();
  expect(await nameAt(url)).toBe('second');
  release();
  expect((await posted).status).toBe(201);
});

test('a reload refuses no new connection, and no other program can take the port', async () => {
  const { url, reloadTls } = await started();
  const options = { tls: { rejectUnauthorized: false }, keepalive: false };
  let isOver = false;
  const failures: string[] = [];
  // A connection that is not accepted yet when the old server stops is reset, and a client repeats it.
  const ask = () => fetch(`${url}/healthz`, options).catch((error: Error) => failures.push(error.message));
  const client = async () => {
    while (!isOver) await ask();
  };
  const clients = [client(), client()];
  for (let i = 0; i < 5; i++) {
    reloadTls();
    await ask();
  }
  isOver = true;
  await Promise.all(clients);
  expect(failures.filter((message) => /refused|unable to connect/i.test(message))).toEqual([]);
  await expect(startForTest({ tls: files, port: Number(new URL(url).port) })).rejects.toThrow(
    'another program has this port',
  );
});

describe('files that cannot be used', () => {
  test.each<[string, { certificate: string; key: string }, string]>([
    ['a missing one', { certificate: 'none', key: 'first.key' }, 'Cannot read'],
    ['no certificate', { certificate: 'text', key: 'first.key' }, 'does not have a certificate in PEM form'],
    ['no key', { certificate: 'first.pem', key: 'text' }, 'does not have an unencrypted private key'],
    ['another key', { certificate: 'first.pem', key: 'second.key' }, 'is not the key of the certificate'],
    ['an expired one', { certificate: 'expired.pem', key: 'expired.key' }, 'is valid from'],
  ])('%s is refused at the start', async (_, { certificate, key }, words) => {
    const tls = { certificate: file(certificate), key: file(key) };
    await expect(startForTest({ tls })).rejects.toThrow(words);
  });

  test('are refused by a reload, and the old certificate stays in use', async () => {
    const { url, reloadTls } = await started();
    copyFileSync(file('second.pem'), files.certificate);
    expect(reloadTls).toThrow('is not the key of the certificate');
    expect(await nameAt(url)).toBe('first');
  });
});

test.each(['0.0.0.0', '203.0.113.7', 'receiver.example.org'])('HTTP on %s is refused without a proxy', (hostname) => {
  expect(startForTest({ hostname })).rejects.toThrow('passwords would be sent unencrypted');
});
