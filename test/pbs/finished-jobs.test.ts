/** The finished jobs that qstat lists, compared with the accounting log of the same server. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FinishedJob } from '../../src/lib/finished-job.ts';
import { finishedJobFields, finishedJobIn, type QstatJob } from '../../src/pbs/finished-jobs.ts';
import { readRecords } from '../../src/pbs/records.ts';
import { streamOf } from '../support/executors.ts';
import { capturedLog, readLog } from '../support/pbs-log.ts';
import { fixtures } from '../support/site.ts';

async function read(bytes: Buffer | string): Promise<QstatJob[]> {
  const jobs: QstatJob[] = [];
  await readRecords(streamOf(bytes), 'Jobs', finishedJobFields, (record) => {
    jobs.push(finishedJobIn(record));
    return undefined;
  });
  return jobs;
}

const isJob = (job: QstatJob): job is FinishedJob => typeof job === 'object' && 'id' in job;
const listed = await read(readFileSync(join(fixtures, 'pbs-history/qstat-x-f-t.json')));
const jobs = listed.filter(isJob);
const runs = new Map((await readLog(capturedLog)).runs.map((run) => [run.id, run]));

const only = ({ id, user, account, partition, state, submitted, elapsed, nodeList }: FinishedJob) => ({
  ...{ id, user, account, partition, state, submitted, elapsed, nodeList },
});

test('all jobs but one end in qstat as in the log; that one lost a node as it ended, and only qstat says so', () => {
  const differing = jobs.filter((job) => job.state !== runs.get(job.id)?.state);
  expect(differing.map(({ id, state }) => [id, state, runs.get(id)?.state])).toEqual([
    ['93.pbssrv', 'FAILED', 'COMPLETED'],
  ]);
});

test('the other values are those of the log', () => {
  // 77 released a node, and qstat shows only its last nodes.
  const own = jobs.filter(({ id }) => !['93.pbssrv', '77.pbssrv'].includes(id));
  expect(own.map(only)).toEqual(own.flatMap(({ id }) => runs.get(id) ?? []).map(only));
});

test('qstat has no earlier runs, no deleted history, and no subjobs that PBS forgot', () => {
  const ids = new Set(jobs.map(({ id }) => id));
  const missing = [...runs.keys()].filter((id) => !ids.has(id));
  expect(missing.filter((id) => !id.includes('/run'))).toEqual([
    '68[2].pbssrv',
    '66[8].pbssrv',
    '66[0].pbssrv',
    '1009.pbssrv',
  ]);
  expect(missing.filter((id) => id.includes('/run'))).toHaveLength(9);
});

test('jobs that wait or are whole arrays that ran are not finished runs', () => {
  expect(listed.filter((job) => job === 'other')).toHaveLength(7);
  expect(listed.filter((job) => job === 'subjob-without-data')).toHaveLength(106);
});

describe('one job', () => {
  const job = (fields: string) => read(`{\n\t"Jobs":\t{\n\t\t"5.pbs":\t{\n${fields}\n\t\t}\n\t}\n}\n`);
  const base = {
    Job_Owner: '"bob@login"',
    job_state: '"F"',
    substate: '92',
    queue: '"main"',
    ctime: '"Sat Nov  7 03:55:03 2026"',
    stime: '"Sat Nov  7 03:56:03 2026"',
    history_timestamp: '1794027423',
    Exit_status: '0',
    exec_vnode: '"(cn01:ncpus=2)"',
  };
  const withFields = (more: Record<string, string | undefined>) =>
    job(
      Object.entries({ ...base, ...more })
        .flatMap(([name, value]) => (value === undefined ? [] : [`\t\t\t"${name}":\t${value}`]))
        .join(',\n'),
    );

  test('without a walltime ran from its start to its end; the owner is known to plain users too', async () => {
    expect(await withFields({})).toMatchObject([{ user: 'bob', account: 'unknown', elapsed: 3660, cpus: 2 }]);
  });

  test.each(['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'])(
    'of %s has its times',
    async (month) => {
      const submitted = Date.parse(`7 ${month} 2026 03:55:03 UTC`) / 1000;
      const times = { ctime: `"Sat ${month}  7 03:55:03 2026"`, stime: `"Sat ${month}  7 03:56:04 2026"` };
      expect(await withFields({ ...times, history_timestamp: `${submitted + 100}` })).toMatchObject([
        { submitted, started: submitted + 61, ended: submitted + 100 },
      ]);
    },
  );

  test('has each of its values', async () => {
    const all = {
      ...{ euser: '"alice"', Account_Name: '"physics"', project: '"proj"', obittime: '"Sat Nov  7 04:56:03 2026"' },
      resources_used: '{\n\t\t\t\t"walltime":\t"00:30:00"\n\t\t\t}',
    };
    expect(await withFields(all)).toEqual([
      {
        ...{ id: '5.pbs', run: null, rawId: Bun.hash.xxHash32('5.pbs'), user: 'alice', account: 'physics' },
        ...{ partition: 'main', state: 'COMPLETED', submitted: 1_794_023_703, started: 1_794_023_763 },
        ...{ ended: 1_794_027_363, qos: null, nodeList: 'cn01', elapsed: 1800, cpus: 2, gpus: 0, nodes: 1 },
        ...{ charged: null, doubt: null },
      },
    ]);
  });

  test.each([
    [{ project: '"proj"' }, { account: 'proj' }],
    [{ Account_Name: '"\\u0001"' }, { account: 'unknown' }],
    [{ history_timestamp: '1794023700' }, { ended: 1_794_023_763, elapsed: 0 }],
    [
      { stime: undefined, history_timestamp: '1794023700' },
      { started: null, ended: 1_794_023_703, cpus: 0, nodes: 0 },
    ],
    [{ stime: '"Fri Dec 25 03:56:03 2026"' }, { started: 1_798_170_963 }],
  ])('with %j has %j', async (fields, values) => {
    expect(await withFields(fields)).toMatchObject([values]);
  });

  test.each('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, index) => [name, index] as const))(
    'that was submitted in %s',
    async (name, index) => {
      const submitted = Date.UTC(2025, index, 28, 3, 4, 5) / 1000;
      expect(await withFields({ ctime: `"Sat ${name} 28 03:04:05 2025"` })).toMatchObject([{ submitted }]);
    },
  );

  test.each<[Record<string, string | undefined>, QstatJob]>([
    [{ job_state: '"R"' }, 'other'],
    [{ history_timestamp: undefined }, 'subjob-without-data'],
  ])('with %j is no run: %s', async (fields, kind) => {
    expect(await withFields(fields)).toEqual([kind]);
  });

  test.each([
    [{ substate: '91', Exit_status: '271' }, 'CANCELLED'],
    [{ substate: '91', Exit_status: '0', comment: '"… and terminated by Scheduler@pbs"' }, 'PREEMPTED'],
    [{ substate: '93', Exit_status: '-29' }, 'TIMEOUT'],
    [{ substate: '91', Exit_status: '-20' }, 'NODE_FAIL'],
    [{ substate: '93', Exit_status: '0' }, 'FAILED'],
    [{ substate: '93', Exit_status: '1' }, 'FAILED'],
    [{ substate: '92', Exit_status: '1' }, 'FAILED'],
    [{ substate: '92', Exit_status: '0' }, 'COMPLETED'],
    [{ substate: '92', Exit_status: '0', comment: '"terminated by Scheduler@pbs"' }, 'COMPLETED'],
    [{ substate: '91', Exit_status: '0', comment: '"terminated by root@pbs"' }, 'CANCELLED'],
    [{ substate: '92', stime: undefined, Exit_status: undefined }, 'CANCELLED'],
  ])('with %p is %s', async (fields, state) => {
    expect(await withFields(fields)).toMatchObject([{ state }]);
  });

  test.each([
    [{ queue: undefined }, 'has no user or queue'],
    [{ Job_Owner: '"@login"' }, 'has no user or queue'],
    [{ stime: '"yesterday"' }, 'has a ctime or stime that cannot be read'],
    [{ ctime: '"Sat Foo  7 03:55:03 2026"' }, 'has a ctime or stime that cannot be read'],
    [{ ctime: undefined, stime: undefined }, 'has a ctime or stime that cannot be read'],
    [{ ctime: '"yesterday"' }, 'has a ctime or stime that cannot be read'],
    [{ Exit_status: undefined }, 'has no Exit_status'],
  ])('with %p is damaged', async (fields, problem) => {
    expect(await withFields(fields)).toEqual([{ problem }]);
  });
});
