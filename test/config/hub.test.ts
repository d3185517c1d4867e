import { describe, expect, test } from 'bun:test';
import { hubOf } from '../support/systems.ts';

test('the built-in hub needs nothing but a token', () => {
  expect(hubOf()).toMatchObject({
    kind: 'hub',
    system_name: 'jupyterhub',
    url: 'https://jupyterhub.ucar.edu',
    token: 'a-token',
    ca: null,
    proxy: null,
    on_failed_probe: 'last-known',
    timeouts: { request: 30, command: 30, connect: 10 },
  });
});

test.each(['https://hub.example.org/', 'https://hub.example.org/hub', ' https://hub.example.org/hub/ '])(
  'the address may be %p',
  (url) => expect(hubOf({ url }).url).toBe('https://hub.example.org'),
);

describe('is refused, with words for a person:', () => {
  test.each([
    ['plain HTTP to another host', { url: 'http://hub.example.org' }, 'would show the password to the network'],
    ['an address with a user', { url: 'https://me:secret@hub.example.org' }, 'use JUPYTERHUB_ADMIN_TOKEN'],
    ['no address', { url: 'hub.example.org' }, 'is not an http or https URL'],
    ['a setting of clusters', { pbs_host: 'casper' }, "unknown setting 'pbs_host'"],
    ['a setting with a slip', { sesion_rules: [] }, "did you mean 'session_rules'?"],
    ['a class that the API does not have', { session_rules: [{ class: 'other' }] }, 'session_rules.0.class'],
    ['an authority that is not there', { ca_file: '/nowhere/ca.pem' }, 'cannot read'],
  ])('%s', (_, settings, words) => {
    expect(() => hubOf(settings)).toThrow(words);
  });

  test('a token that cannot be a header, which is not shown', () => {
    expect(() => hubOf({}, { JUPYTERHUB_ADMIN_TOKEN: 'abc\ndef' })).toThrow(
      'the token for the hub in JUPYTERHUB_ADMIN_TOKEN is empty, or has blanks or characters that are not printable ASCII',
    );
  });
});

test('plain HTTP can be allowed', () => {
  expect(hubOf({ url: 'http://hub.example.org', allow_insecure_http: true }).url).toBe('http://hub.example.org');
});
