import { expect, test } from 'bun:test';
import { gibibytesOf } from '../../src/pbs/memory.ts';

test.each([
  ['354gb', 354],
  ['1tb', 1024],
  ['1pb', 1024 ** 2],
  ['512mb', 0.5],
  ['1048576kb', 1],
  ['1073741824', 1],
  ['1073741824b', 1],
  ['1gw', 8],
  ['16GB', 16],
  ['1.5gb', 1.5],
  [' 2gb ', 2],
  ['0', 0],
  ['', null],
  ['-1gb', null],
  ['1e5kb', null],
  ['many', null],
  ['12 gb', null],
  ['5xb', null],
])('%p is %p GiB', (size, expected) => {
  expect(gibibytesOf(size)).toBe(expected);
});
