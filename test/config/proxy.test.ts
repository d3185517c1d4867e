import { expect, test } from 'bun:test';
import { proxyFor } from '../../src/config/proxy.ts';

const proxy = 'http://proxy.example.org:3128';
const other = 'http://other.example.org:8080';

test.each<[string, string, readonly string[], Record<string, string>, string | null]>([
  ['one that is set', 'https://sam.example.org', [], {}, proxy],
  ['an exception by name', 'https://sam.example.org', ['sam.example.org'], {}, null],
  ['an exception by domain', 'https://sam.example.org', ['example.org'], {}, null],
  ['an exception by domain, written with a dot', 'https://sam.example.org', ['.example.org'], {}, null],
  ['a name that only ends like an exception', 'https://notexample.org', ['example.org'], {}, proxy],
  ['an exception with this port', 'https://sam.example.org', ['sam.example.org:443'], {}, null],
  ['an exception with another port', 'https://sam.example.org:8443', ['sam.example.org:443'], {}, proxy],
  ['everything excepted', 'https://sam.example.org', ['*'], {}, null],
  ['the environment wins', 'https://sam.example.org', [], { HTTPS_PROXY: other }, other],
  ['the environment wins with its exceptions', 'https://sam.example.org', ['*'], { https_proxy: other }, other],
  ['an exception of the environment', 'https://a.b', [], { HTTPS_PROXY: other, NO_PROXY: 'x, a.b' }, null],
  ['the environment of another scheme', 'https://sam.example.org', [], { HTTP_PROXY: other }, proxy],
  ['this host by address', 'http://127.0.0.1:8080', [], {}, null],
  ['this host by another of its addresses', 'http://127.1.2.3', [], { http_proxy: other }, null],
  ['this host by name', 'https://LOCALHOST:8443', [], { https_proxy: other }, null],
  ['this host by its IPv6 address', 'http://[::1]:80', [], { http_proxy: other }, null],
  ['this host by a mapped address', 'http://[::ffff:127.0.0.1]:80', [], { http_proxy: other }, null],
  ['this host by no address', 'http://0:80', [], { http_proxy: other }, null],
  ['a name that only looks like this host', 'https://localhost.example.org', [], {}, proxy],
  ['an address that only looks like this host', 'https://127.0.0.1.example.org', [], {}, proxy],
  [
    'the environment without a scheme',
    'https://a.b',
    [],
    { HTTPS_PROXY: 'me:pw@p.example:1' },
    'http://me:pw@p.example:1',
  ],
])('%s', (_, url, no_proxy, environment, expected) => {
  expect(proxyFor(url, { proxy, no_proxy }, environment)).toBe(expected);
});

test('without a configured proxy none is used', () => {
  expect(proxyFor('https://sam.example.org', { no_proxy: [] }, {})).toBeNull();
});
