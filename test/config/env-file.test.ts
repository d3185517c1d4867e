import { expect, test } from 'bun:test';
import { envFileProblems } from '../../src/config/env-file.ts';

test.each([
  ['a name that is mistyped', '# comment\n  API_TIMEOT=30\n', 2, 3],
  ['a line that is not an assignment', 'API_TIMEOUT=30\nsecret\n', 2, 1],
  ['after a value of several lines', 'JUPYTERHUB_ADMIN_TOKEN="a\nb=c\nd"\nnonsense\n', 4, 1],
])('%s has its line and column, counted from 1', (_, text, line, column) => {
  expect(envFileProblems(text, '/x/env', [])).toMatchObject([{ file: '/x/env', line, column }]);
});

test('known variables, those of destinations, comments and blank lines are in order', () => {
  const text = '# comment\n\n  # another\nexport API_TIMEOUT=30\nWEST_API_KEY=k\n';
  expect(envFileProblems(text, '/x/env', ['WEST_API_KEY'])).toEqual([]);
});
