import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { clusterNamePattern } from '../../../src/lib/cluster-name.ts';
import { permits, type Scope, scopesOf, scopesText } from '../../../src/server/auth/scope.ts';

const name = fc.stringMatching(new RegExp(clusterNamePattern));
const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constantFrom<Scope[]>('read', 'read:names', 'outages', 'admin', 'write:*'),
  name.map((text): Scope => `write:${text}`),
);

test.each<[Scope, Scope, boolean]>([
  ['read', 'read', true],
  ['read', 'read:names', false],
  ['read:names', 'read', true],
  ['write:*', 'write:derecho', true],
  ['write:*', 'read', false],
  ['write:*', 'outages', false],
  ['write:derecho', 'write:Derecho', false],
  ['write:derecho', 'write:*', false],
  ['admin', 'write:derecho', true],
  ['admin', 'read:names', true],
  ['outages', 'admin', false],
])('%s permits %s: %p', (given, needed, expected) => {
  expect(permits([given], needed)).toBe(expected);
});

test('write:NAME applies to that name only', () => {
  fc.assert(
    fc.property(fc.array(name), name, (names, other) => {
      const given = names.map((one): Scope => `write:${one}`);
      expect(permits(given, `write:${other}`)).toBe(names.includes(other));
    }),
  );
});

test('scopes are the same when they come back from their text, each once', () => {
  fc.assert(
    fc.property(fc.array(scope, { minLength: 1 }), (scopes) => {
      expect(scopesOf(scopesText(scopes))).toEqual([...new Set(scopes)]);
    }),
  );
});

test.each([
  ['', 'there is no scope'],
  [' , ', 'there is no scope'],
  ['Read', "'Read' is not a scope"],
  ['write', "'write' is not a scope"],
  ['write:', "'write:' is not a scope"],
  ['write:a b', "'write:a b' is not a scope"],
  ['read,write:../x', "'write:../x' is not a scope"],
])('%p is refused', (text, words) => {
  expect(() => scopesOf(text)).toThrow(words);
});

test('no text gives more than the scopes that it names', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      let scopes: readonly Scope[] = [];
      try {
        scopes = scopesOf(`write:${text}`);
      } catch {
        return;
      }
      expect(permits(scopes, 'admin')).toBe(text.split(',').some((word) => word.trim() === 'admin'));
    }),
  );
});
