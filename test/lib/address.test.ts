import { expect, test } from 'bun:test';
import { isLoopback, isProxyAddress } from '../../src/lib/address.ts';

test.each([
  ['http://localhost', true],
  ['http://localhost.:5050/path', true],
  ['http://127.0.0.1', true],
  ['https://127.200.3.4:8443', true],
  ['http://0.0.0.0', true],
  ['http://[::1]', true],
  ['http://[::]', true],
  ['http://[::ffff:127.0.0.1]', true],
  ['http://10.0.0.1', false],
  ['http://localhost.example.org', false],
  ['http://127.example.org', false],
  ['http://[::2]', false],
])('%s leads to this host: %p', (url, expected) => {
  expect(isLoopback(new URL(url))).toBe(expected);
});

test.each([
  ['http://proxy.example.org:3128', true],
  ['https://user:secret@proxy.example.org', true],
  ['socks5://proxy.example.org', false],
  ['proxy.example.org:3128', false],
  ['none', false],
  // The rest of a password that is not encoded.
  ['http://user:12#34@proxy.example.org', false],
  ['http://user:12?34@proxy.example.org', false],
  ['http://user:12/34@proxy.example.org', false],
])('%s is the address of a proxy: %p', (text, expected) => {
  expect(isProxyAddress(text)).toBe(expected);
});
