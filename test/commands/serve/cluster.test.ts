/** `serve cluster`: what its verbs print, and what they refuse. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { jobRecord, startIngest } from '../../server/usage/helper.ts';
import { receiverSite } from './site.ts';

let site: ReturnType<typeof receiverSite>;
beforeAll(async () => {
  site = receiverSite();
  const receiver = await startIngest({ database: site.database });
  for (const hostname of ['derecho', 'casper']) await receiver.ingest({ hostname, jobs: [jobRecord()] });
  await receiver.stop();
});
afterAll(() => site.remove());

const set = (...words: string[]) => site.verb('cluster', 'set', ...words);
const refused = (words: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${words}\n` });

test('ls of a receiver without jobs says so', async () => {
  const empty = receiverSite();
  await empty.verb('user', 'add', 'ada');
  expect(await empty.verb('cluster', 'ls')).toEqual({ exit: 0, stdout: 'No cluster has jobs.\n', stderr: '' });
  expect(await empty.verb('cluster', 'ls', '--json')).toEqual({ exit: 0, stdout: '', stderr: '' });
  empty.remove();
});

test('set changes what is given and keeps the rest, as ls then shows', async () => {
  expect(await set('derecho', '--account-separator', '_')).toEqual({
    exit: 0,
    stdout: '',
    stderr: "derecho: days of UTC, times are utc, accounts separated by '_'\n",
  });
  expect(await set('derecho', '--time-zone', 'America/Denver')).toEqual({
    exit: 0,
    stdout: '',
    stderr: "derecho: 1 days are counted\nderecho: days of America/Denver, times are utc, accounts separated by '_'\n",
  });
  expect((await set('derecho', '--times', 'local')).stderr).toEndWith(
    "derecho: days of America/Denver, times are local, accounts separated by '_'\n",
  );
  expect(await site.verb('cluster', 'ls')).toEqual({
    exit: 0,
    stdout:
      'NAME     TIME ZONE       TIMES  SEPARATOR\n' +
      'casper   UTC             utc    -\n' +
      'derecho  America/Denver  local  _\n',
    stderr: '',
  });
  expect((await site.verb('cluster', 'ls', '--json')).stdout).toBe(
    '{"name":"casper","time_zone":"UTC","times":"utc","account_separator":"-"}\n' +
      '{"name":"derecho","time_zone":"America/Denver","times":"local","account_separator":"_"}\n',
  );
  expect((await set('derecho', '--times', 'utc')).stderr).toContain('derecho: days of America/Denver, times are utc,');
});

test('set refuses no change, other times, and another cluster', async () => {
  expect(await set('derecho')).toEqual(refused('nothing to change: give --time-zone, --times or --account-separator'));
  expect(await set('derecho', '--times', 'UTC')).toEqual(refused('--times: give utc or local'));
  expect(await set('gust', '--times', 'utc')).toEqual(
    refused('there is no cluster gust: see hpc-collector serve cluster ls'),
  );
});
