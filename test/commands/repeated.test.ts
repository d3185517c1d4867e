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

test.each([
  [['--cluster', ''], '--cluster : a name is empty'],
  [['--cluster', 'a,,b'], '--cluster a,,b: a name is empty'],
  [['--cluster='], '--cluster : a name is empty'],
  [['--cluster'], '--cluster : a name is empty'],
  [['--cluster', 'a', '--cluster=b,'], '--cluster a --cluster b,: a name is empty'],
])('%p has a name that is empty', (words, message) => {
  expect(() => repeatedValues(words, '--cluster')).toThrow(new Error(message));
});
