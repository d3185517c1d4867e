import { expect, test } from 'bun:test';
import { repeatedValues } from '../../src/commands/repeated.ts';

test.each<[string[], string[]]>([
  [['name'], []],
  [['name', '--cluster', 'a'], ['a']],
  [
    ['--cluster', 'a', 'name', '--cluster=b'],
    ['a', 'b'],
  ],
  [
    ['--cluster', 'a,b', '--cluster', 'c, d'],
    ['a', 'b', 'c', 'd'],
  ],
  [['--clusters', 'a'], []],
])('%p has %p', (words, values) => {
  expect(repeatedValues(words, '--cluster')).toEqual(values);
});

test.each([[['--cluster', '']], [['--cluster', 'a,,b']], [['--cluster=']]])('%p has a name that is empty', (words) => {
  expect(() => repeatedValues(words, '--cluster')).toThrow('a name is empty');
});
