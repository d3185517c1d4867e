import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { nearest } from '../../src/lib/nearest.ts';

const known = ['derecho', 'casper', 'login_nodes', 'queues'];

test.each([
  ['derech', 'derecho'],
  ['Casper', 'casper'],
  ['login_node', 'login_nodes'],
  ['loginnodes', 'login_nodes'],
  ['quueues', 'queues'],
  ['gust', null],
  ['something-else', null],
  ['__proto__', null],
  ['constructor', null],
])('nearest to %p is %p', (name, expected) => {
  expect(nearest(name, known)).toBe(expected);
});

test.each([
  ['rm', ['ls', 'show', 'drop'], 'drop'],
  ['rm', ['ls', 'add', 'remove'], 'remove'],
  ['rm', ['ls', 'add'], null],
  ['status', ['outbox', 'outage', 'health'], 'health'],
  ['-n', ['-v', '-q', '--dry-run'], '--dry-run'],
  ['rm', ['ls', 'resolve'], 'resolve'],
  ['remove', ['ls', 'drop', 'rm'], 'rm'],
  ['remove', ['ls', 'drop'], 'drop'],
  ['delete', ['drop', 'rm', 'remove'], 'remove'],
  ['delete', ['drop', 'rm'], 'rm'],
  ['delete', ['drop'], 'drop'],
  ['list', ['add', 'ls'], 'ls'],
  ['status', ['ls', 'stats'], 'stats'],
  ['status', ['show', 'ls'], 'ls'],
  ['-n', ['--limit', '--dry-run'], '--dry-run'],
  ['-n', ['--json', '--limit'], '--limit'],
  ['-f', ['-v', '-q'], null],
  ['-n', ['-v', '-q'], null],
  ['-x', ['-v', '-q'], null],
])('%p among %p means %p', (name, names, expected) => {
  expect(nearest(name, names)).toBe(expected);
});

test('a known name is nearest to itself', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1 }), fc.nat(), (names, index) => {
      const name = names[index % names.length] ?? '';
      expect(nearest(name, names)).toBe(name);
    }),
  );
});

test('an empty text has no nearest name', () => {
  expect(nearest('derecho', [])).toBeNull();
});
