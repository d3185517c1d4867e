/** What doctor says about the sources of PBS job history. */

import { describe, expect, test } from 'bun:test';
import { clustersOf, jobsSettings } from '../../src/config/jobs.ts';
import { checkHistory } from '../../src/doctor/history.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { logRecord, ten } from '../support/pbs-records.ts';

const now = new Date((ten + 600) * 1000);

/** Checks `jobs:` with programs that answer by their name. Returns `result name: message`, and the remedy. */
async function check(jobs: object, answers: Readonly<Record<string, Answer>>): Promise<string[]> {
  const executor = answering(({ argv }) => answers[argv[0]] ?? null);
  const found = await checkHistory(jobsSettings.parse(jobs), () => executor, now);
  return found.map(
    ({ result, name, message, remedy }) => `${result} ${name}: ${message}${remedy === null ? '' : ` → ${remedy}`}`,
  );
}

const log = { source: 'pbs-accounting', cluster_name: 'casper', accounting_path: '/acct' };
const listed = { stdout: '1 900 20261119\n1 900 20261120\n1 5 notes.txt\n' };

describe('the accounting log', () => {
  test('that is readable passes with the age of its newest record', async () => {
    expect(await check(log, { find: listed, cat: { stdout: logRecord() } })).toEqual([
      'pass ingest accounting log of casper: 2 accounting files from 20261119 to 20261120; the newest record is 10m old',
    ]);
  });

  test('that is not written any more is a warning', async () => {
    const [found] = await check(log, {
      find: listed,
      cat: { stdout: logRecord({ end: ten - 200_000, start: 1e9, ctime: 1e9 }) },
    });
    expect(found).toContain('warn ingest accounting log of casper: 2 accounting files');
    expect(found).toContain('the newest record is 2d07h old → ls -l /acct/20261120');
  });

  test.each([
    [{ find: { ending: exited(1, 'find: /acct: Permission denied') } }, 'only root on the PBS server can read it'],
    [{ find: { stdout: '' } }, 'there are no accounting files'],
    [{ find: listed, cat: { ending: exited(1, 'cat: cannot open') } }, 'cat: cannot open'],
  ])('that cannot be read fails: %p', async (answers, words) => {
    const [found] = await check(log, answers);
    expect(found).toStartWith('fail ingest accounting log of casper: ');
    expect(found).toContain(words);
  });
});

describe('qstat', () => {
  const server = (lines: string) => ({ qstat: { stdout: `Server: pbs\n    server_state = Active\n${lines}` } });
  const enabled = '    job_history_enable = True\n';

  test.each([
    [enabled, 'pass ingest qstat of casper: the PBS server keeps finished jobs for 336:00:00'],
    [`${enabled}    job_history_duration = 72:00:00\n`, 'keeps finished jobs for 72:00:00'],
    ['', 'fail ingest qstat of casper: the PBS server keeps no finished jobs'],
    [
      `${enabled}    query_other_jobs = False\n`,
      'fail ingest qstat of casper: the PBS server hides the jobs of other users',
    ],
  ])('with the settings %p', async (lines, words) => {
    const [found] = await check({ source: 'qstat', cluster_name: 'casper' }, server(lines));
    expect(found).toContain(words);
  });

  test('that checks a log is checked too', async () => {
    const answers = { find: listed, cat: { stdout: logRecord() }, ...server('') };
    expect((await check({ ...log, check_with_qstat: true }, answers)).map((text) => text.slice(0, 4))).toEqual([
      'pass',
      'fail',
    ]);
  });
});

test('each of several clusters is checked', async () => {
  const clusters = { casper: { source: 'pbs-accounting' }, derecho: { source: 'qstat' } };
  const found = await check({ clusters }, { find: { stdout: '' }, qstat: { stdout: '' } });
  expect(found.map((text) => text.slice(0, 40))).toEqual([
    'fail ingest accounting log of casper: th',
    'fail ingest qstat of derecho: the PBS se',
  ]);
  expect(clustersOf(jobsSettings.parse({ clusters })).map(({ cluster_name }) => cluster_name)).toEqual([
    'casper',
    'derecho',
  ]);
});
