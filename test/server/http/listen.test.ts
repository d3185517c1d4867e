import { expect, test } from 'bun:test';
import { OperatorError } from '../../../src/lib/errors.ts';
import { parseListen, urlOf } from '../../../src/server/http/listen.ts';

test.each([
  ['127.0.0.1:8080', '127.0.0.1', 8080, 'http://127.0.0.1:8080'],
  ['[::1]:8080', '::1', 8080, 'http://[::1]:8080'],
  ['localhost:0', 'localhost', 0, 'http://localhost:0'],
  ['0.0.0.0:65535', '0.0.0.0', 65535, 'http://0.0.0.0:65535'],
  [' collector-1.example.org:80 ', 'collector-1.example.org', 80, 'http://collector-1.example.org:80'],
  [':8080', '127.0.0.1', 8080, 'http://127.0.0.1:8080'],
])('%p is a listening address', (text, hostname, port, url) => {
  expect(parseListen(text)).toEqual({ hostname, port });
  expect(urlOf({ hostname, port })).toBe(url);
});

test.each([
  ['8080', 'write HOST:PORT'],
  ['', 'write HOST:PORT'],
  ['localhost', 'write HOST:PORT'],
  ['::1:8080', 'needs brackets'],
  ['[::1]', 'write HOST:PORT'],
  ['[localhost]:80', 'only an IPv6 address'],
  ['localhost:http', 'a number from 0 to 65535'],
  ['localhost:65536', 'a number from 0 to 65535'],
  ['localhost:-1', 'a number from 0 to 65535'],
  ['localhost:', 'a number from 0 to 65535'],
  ['ho st:80', 'characters it cannot have'],
  ['http://localhost:80', 'needs brackets'],
])('%p is refused with what to write', (text, words) => {
  expect(() => parseListen(text)).toThrow(OperatorError);
  expect(() => parseListen(text)).toThrow(words);
});
