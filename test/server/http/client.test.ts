/** What the headers of a request say about its client, its collector and its page. */

import { describe, expect, test } from 'bun:test';
import { clientOf, isLoopback } from '../../../src/server/http/client.ts';
import { collectorOf } from '../../../src/server/http/collector.ts';
import { idempotencyKey } from '../../../src/server/http/idempotency-key.ts';
import { isWrite, requireOwnOrigin } from '../../../src/server/http/origin.ts';

type Transport = Parameters<typeof clientOf>[3];
const plain: Transport = { isTls: false, isBehindProxy: false };
const proxy: Transport = { isTls: false, isBehindProxy: true };

function client(
  headers: Record<string, string>,
  transport = plain,
  peer = '127.0.0.1',
  address = 'http://localhost:80',
) {
  return clientOf(new Request(address, { headers }), new URL(address), peer, transport);
}

describe('a client that connects directly', () => {
  test('has the address of its connection, and the name of this receiver as origin', () => {
    expect(client({}, { ...plain, isTls: true }, '203.0.113.7', 'https://x.org:8443/a')).toEqual({
      ...{ address: '203.0.113.7', isLocal: false, origin: 'https://x.org:8443', prefix: '' },
    });
    expect(client({}, plain, '::1', 'http://[::1]:5050')).toEqual({
      ...{ address: '::1', isLocal: true, origin: 'http://[::1]:5050', prefix: '' },
    });
  });

  test.each(['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via'])(
    'is not a program on this host with the header %s',
    (header) => {
      expect(client({}).isLocal).toBe(true);
      expect(client({ [header]: 'x' })).toMatchObject({ isLocal: false, address: '127.0.0.1', prefix: '' });
    },
  );

  test('is not a program on this host by another name or address', () => {
    expect(client({}, plain, '127.0.0.1', 'http://evil.example').isLocal).toBe(false);
    expect(client({}, plain, '192.0.2.1').isLocal).toBe(false);
  });
});

describe('a client behind a proxy', () => {
  test('has what the proxy forwards, and is never local', () => {
    const headers = {
      'X-Forwarded-For': '198.51.100.1, 203.0.113.7 ',
      'X-Forwarded-Proto': 'http, https',
      'X-Forwarded-Host': 'evil.example, status.example.org:8443',
      'X-Forwarded-Prefix': '/hpc/status/',
    };
    expect(client(headers, proxy)).toEqual({
      ...{ address: '203.0.113.7', isLocal: false, origin: 'https://status.example.org:8443', prefix: '/hpc/status' },
    });
  });

  test('without forwarded headers has those of its connection', () => {
    expect(client({}, { ...proxy, isTls: true }, '203.0.113.9')).toEqual({
      ...{ address: '203.0.113.9', isLocal: false, origin: 'http://localhost', prefix: '' },
    });
  });

  test.each([
    ['X-Forwarded-Proto', 'ftp', { origin: 'http://localhost' }],
    ['X-Forwarded-Host', 'a/b', { origin: 'http://localhost' }],
    ['X-Forwarded-Host', 'a:b:c', { origin: 'http://localhost' }],
    ['X-Forwarded-Host', '[::1]:80', { origin: 'http://[::1]' }],
    ['X-Forwarded-Prefix', 'status', { prefix: '' }],
    ['X-Forwarded-Prefix', '//evil', { prefix: '' }],
    ['X-Forwarded-Prefix', '/', { prefix: '' }],
    ['X-Forwarded-For', ', ', { address: '127.0.0.1' }],
  ])('with %s: %s', (header, value, expected) => expect(client({ [header]: value }, proxy)).toMatchObject(expected));
});

test.each([
  'localhost',
  'LOCALHOST',
  '127.0.0.1',
  '127.1.2.3',
  '::1',
  '[::1]',
  '::ffff:127.0.0.1',
  '[::FFFF:127.0.0.1]',
])('%s is loopback', (host) => expect(isLoopback(host)).toBe(true));
test.each(['localhost.example.org', '128.0.0.1', '127.0.0.1.example.org', '::2', '0.0.0.0', ''])(
  '%p is not loopback',
  (host) => expect(isLoopback(host)).toBe(false),
);

test.each([
  ['host=login1; version=0.2.0; waiting=230', { host: 'login1', version: '0.2.0', waiting: 230 }],
  [' host=a-b.c_d; version=1+x ', { host: 'a-b.c_d', version: '1+x', waiting: null }],
  [`host=${'h'.repeat(255)}; version=1`, { host: 'h'.repeat(255), version: '1', waiting: null }],
  [`host=${'h'.repeat(256)}; version=1`, null],
  ['host=a', null],
  ['version=1', null],
  ['host=a; version=1; waiting=1234567890', null],
])('the collector %p is %j', (header, expected) => {
  expect(collectorOf(new Headers({ 'X-Collector': header }))).toEqual(expected);
});
test('a request without the header has no collector', () => expect(collectorOf(new Headers())).toBeNull());

test.each(['!', 'a-b', 'x'.repeat(255)])('the Idempotency-Key %p is taken', (key) => {
  expect(idempotencyKey(new Headers({ 'Idempotency-Key': key }))).toBe(key);
});
test.each(['', 'a b', 'é', 'x'.repeat(256)])('the Idempotency-Key %p is refused', (key) => {
  const read = () => idempotencyKey(new Headers({ 'Idempotency-Key': key }));
  expect(read).toThrow('Idempotency-Key must have 1 to 255 visible ASCII characters');
});
test('a request without the header has no key', () => expect(idempotencyKey(new Headers())).toBeNull());

describe('the origin of a page', () => {
  const own = client({}, plain, '203.0.113.7', 'https://x.org');
  const check = (method: string, origin: string | null) =>
    requireOwnOrigin(new Request('https://x.org', { method, headers: origin === null ? {} : { Origin: origin } }), own);

  test.each(['GET', 'HEAD', 'OPTIONS'])('is not asked of a %s, which changes nothing', (method) => {
    expect(isWrite(new Request('https://x.org', { method }))).toBe(false);
    expect(() => check(method, 'https://evil.example')).not.toThrow();
  });

  test.each(['POST', 'PATCH', 'DELETE'])('must be the own one for a %s', (method) => {
    expect(isWrite(new Request('https://x.org', { method }))).toBe(true);
    expect(() => check(method, 'http://x.org')).not.toThrow();
    expect(() => check(method, null)).not.toThrow();
    expect(() => check(method, 'https://evil.example')).toThrow(
      'Pages of another origin may not write here: the origin of the receiver is http://x.org. A proxy must pass on Host and set X-Forwarded-Proto',
    );
  });
});
