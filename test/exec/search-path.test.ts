import { expect, test } from 'bun:test';
import { defaultSearchDirectories, joinedDirectories, searchPath } from '../../src/exec/search-path.ts';
import { OperatorError } from '../../src/lib/errors.ts';

test.each([
  ['/usr/bin:/bin', ['/opt/pbs/bin'], '/usr/bin:/bin:/opt/pbs/bin'],
  ['/usr/bin:/opt/pbs/bin', ['/opt/pbs/bin'], '/usr/bin:/opt/pbs/bin'],
  [undefined, ['/opt/pbs/bin'], '/usr/bin:/bin:/opt/pbs/bin'],
  [':/bin:.:bin:', [], '/bin'],
])('PATH %p with %p is %p', (path, directories, expected) => {
  expect(searchPath(path, directories)).toBe(expected);
});

test.each(['bin', '', './bin', '/a:/b'])('the search directory %p is refused', (directory) => {
  expect(() => searchPath('/bin', [directory])).toThrow(OperatorError);
  expect(() => joinedDirectories([directory])).toThrow(OperatorError);
});

test('the directories looked in by default are acceptable', () => {
  expect(joinedDirectories(defaultSearchDirectories)).toContain('/opt/pbs/bin:');
});
