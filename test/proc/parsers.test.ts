/** Files of the kernel, recorded on a compute node. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { jobOfPath, parseControlGroups } from '../../src/proc/cgroup.ts';
import { countCpus, parseCount, parseCounters } from '../../src/proc/counters.ts';
import { parseDiskStats } from '../../src/proc/diskstats.ts';
import { parsePressure } from '../../src/proc/pressure.ts';
import { parseStat } from '../../src/proc/stat.ts';

const recorded = join(import.meta.dir, '../../fixtures/sampler/proc');
const text = (path: string) => readFileSync(join(recorded, path), 'utf8');

describe('stat', () => {
  test('of a recorded process', () => {
    expect(parseStat(text('19199/stat'))).toEqual({
      pid: 19199,
      name: 'sleep',
      state: 'S',
      session: 19193,
      userTicks: 0,
      systemTicks: 0,
      startTicks: 242136,
    });
  });

  test('of a program with any name', () => {
    const rest = ' S 1 19193 19199 0 -1 4194560 562 0 0 0 7 8 0 0 20 0 5 0 242133 1';
    fc.assert(
      fc.property(fc.string({ maxLength: 15 }), (name) => {
        expect(parseStat(`19194 (${name})${rest}`)).toMatchObject({ pid: 19194, name, userTicks: 7, systemTicks: 8 });
      }),
    );
    expect(parseStat(`1 (a) b (c)\n)${rest}`)?.name).toBe('a) b (c)\n');
  });

  test('has each member at its place', () => {
    expect(parseStat('7 (x) R 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21\n')).toEqual({
      pid: 7,
      name: 'x',
      state: 'R',
      session: 4,
      userTicks: 12,
      systemTicks: 13,
      startTicks: 20,
    });
  });

  const numbers = '1 2 3 0 -1 4194304 78 0 0 0 12 13 0 0 20 0 1 0 100 1';
  test.each([
    '',
    '1 (cut) S 1',
    'x (a) S 1 2 3',
    '1 a S',
    `x (a) S ${numbers}`,
    `1 (a S ${numbers}`,
    `1 a) S ${numbers}`,
    `1) (a S ${numbers}`,
    `1 (a) S ${numbers.replace('12', 'many')}`,
  ])('is rejected if it has another form: %p', (cut) => {
    expect(parseStat(cut)).toBeNull();
  });
});

describe('control groups', () => {
  test('of a recorded step of Slurm, version 1', () => {
    const groups = parseControlGroups(text('19199/cgroup')).filter(({ path }) => path !== '/');
    expect(groups.map(({ controllers, path }) => [controllers[0], jobOfPath(path)])).toEqual([
      ['freezer', { job: '93', step: '0', path: '/slurm_c005/uid_1002/job_93' }],
      ['memory', { job: '93', step: '0', path: '/slurm_c005/uid_1002/job_93' }],
      ['cpuset', { job: '93', step: '0', path: '/slurm_c005/uid_1002/job_93' }],
    ]);
  });

  test.each([
    [
      '/system.slice/slurmstepd.scope/job_12/step_batch/user/task_0',
      '12',
      'batch',
      '/system.slice/slurmstepd.scope/job_12',
    ],
    ['/slurm/uid_5/job_12', '12', null, '/slurm/uid_5/job_12'],
    ['/pbs_jobs.service/jobid/123.pbs-server', '123', null, '/pbs_jobs.service/jobid/123.pbs-server'],
    ['/pbs_jobs/123[4].pbs', '123[4]', null, '/pbs_jobs/123[4].pbs'],
  ])('%s is of job %s', (path, job, step, own) => {
    expect(jobOfPath(path)).toEqual({ job, step, path: own });
  });

  test.each(['/', '/user.slice/job_x', '/myjob_12', '/slurm/uid_5/job_12x'])('%s is of no job', (path) => {
    expect(jobOfPath(path)).toBeNull();
  });

  test('of version 2 have no controllers', () => {
    expect(parseControlGroups('0::/a/job_1/step_0\nrubbish\n')).toEqual([{ controllers: [], path: '/a/job_1/step_0' }]);
  });
});

test('counters and limits', () => {
  expect(parseCounters('usage_usec 12\nuser_usec 5\nrubbish\nx y\n')).toEqual(
    new Map([
      ['usage_usec', 12],
      ['user_usec', 5],
    ]),
  );
  expect([parseCount('62914560\n'), parseCount('max\n'), parseCount('')]).toEqual([62914560, null, null]);
});

test.each([
  ['0-1\n', 2],
  ['0', 1],
  ['0-3,8,10-11', 7],
  ['\n', 0],
  ['3-1', null],
  ['a', null],
])('the list of CPUs %p has %p', (list, count) => {
  expect(countCpus(list)).toBe(count);
});

test('pressure', () => {
  const some = { avg10: 1.5, avg60: 0.5, avg300: 0.1, total: 12345 };
  const full = { avg10: 0, avg60: 0, avg300: 0, total: 0 };
  const file = 'some avg10=1.50 avg60=0.50 avg300=0.10 total=12345\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n';
  expect(parsePressure(file)).toEqual({ some, full });
  expect(parsePressure('')).toEqual({});
});

test('block devices of old and new kernels; a line that is cut or has a word that is no number is left out', () => {
  const found = parseDiskStats(
    ` 253 0 dm-0 10 1 80 5 20 2 160 7 0 9 12
   8 0 sda 1 2 3 4 5 6 7 8 9 10 11 0 0 0 0 3 4
   8 1 cut 1 2 3 4 5 6 7 8 9 10
   8 2 odd 1 2 3 4 5 6 7 8 9 10 x
`,
  );
  expect(found.get('dm-0')).toEqual({
    reads: 10,
    readsMerged: 1,
    sectorsRead: 80,
    readMs: 5,
    writes: 20,
    writesMerged: 2,
    sectorsWritten: 160,
    writeMs: 7,
    busyMs: 9,
    queuedMs: 12,
  });
  expect([...found.keys()]).toEqual(['dm-0', 'sda']);
});
