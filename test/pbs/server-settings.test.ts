import { expect, test } from 'bun:test';
import { hidesOtherJobs, serverSetting } from '../../src/pbs/server-settings.ts';

const text = `Server: pbs
    server_state = Active
    query_other_jobs = False
    comment = a = b\t
    empty = 
query_other_jobs_2 = True
`;

test.each([
  ['server_state', 'Active'],
  ['query_other_jobs', 'False'],
  ['comment', 'a = b'],
  ['query_other', null],
  ['query_other_jobs_2', null],
  ['Server', null],
])('the setting %s is %p', (name, value) => {
  expect(serverSetting(text, name)).toBe(value);
});

test('the jobs of others are hidden only if the server says so', () => {
  expect(hidesOtherJobs(text)).toBe(true);
  expect(hidesOtherJobs(text.replace('False', 'True'))).toBe(false);
  expect(hidesOtherJobs('Server: pbs\n')).toBe(false);
});
