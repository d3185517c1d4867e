/** Which processes and control groups a job has, and the CPU time that the groups count. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cpuTimeOf, groupsOfJob, noGroups } from '../../src/sampler/groups.ts';
import { findProcesses } from '../../src/sampler/processes.ts';
import { type TestMachine, type TestProcess, testMachine } from './machine.ts';

let host: TestMachine;
beforeEach(() => {
  host = testMachine();
});
afterEach(() => host.remove());

const run = (pid: number, more: Partial<TestProcess>) =>
  host.run({ pid, program: `/bin/${pid}`, user: 1, system: 1, ...more });
const pids = (isPbs = false) => findProcesses(host.machine, '12', isPbs).map(({ stat }) => stat.pid);
const ofJob = { memory: '/slurm/job_12/step_0' };

describe('a process of the job', () => {
  test('is known by its pid and its start, and has its control groups of the job', () => {
    run(5, {
      startTicks: 77,
      groups: { memory: '/slurm/job_12/step_0', devices: '/system.slice', freezer: '/job_13' },
    });
    expect(findProcesses(host.machine, '12', false)).toEqual([
      {
        key: '5:77',
        stat: expect.objectContaining({ pid: 5, startTicks: 77 }),
        program: '/bin/5',
        groups: [
          {
            controllers: ['memory'],
            path: '/slurm/job_12/step_0',
            job: { job: '12', step: '0', path: '/slurm/job_12' },
          },
        ],
      },
    ]);
  });

  test('can have its control group only in the file of its cpuset', () => {
    run(5, {});
    host.write('5/cpuset', '/slurm/job_12/step_7\n');
    const job = { job: '12', step: '7', path: '/slurm/job_12' };
    expect(findProcesses(host.machine, '12', false).map(({ groups }) => groups)).toEqual([
      [{ controllers: ['cpuset'], path: '/slurm/job_12/step_7', job }],
    ]);
  });

  test('has no other cpuset than its control groups say', () => {
    run(5, { groups: { memory: '/system.slice' } });
    host.write('5/cpuset', '/slurm/job_12/step_7\n');
    expect(pids()).toEqual([]);
  });

  test('keeps the path of a program that was deleted', () => {
    run(5, { program: '/bin/a (deleted)', groups: ofJob });
    expect(findProcesses(host.machine, '12', false).map(({ program }) => program)).toEqual(['/bin/a']);
  });

  test('is not a zombie', () => {
    run(5, { state: 'Z', groups: ofJob });
    run(6, { state: 'R', groups: ofJob });
    expect(pids()).toEqual([6]);
  });

  test('is counted once, although /proc/self names one too', () => {
    run(5, { groups: ofJob });
    symlinkSync('5', join(host.machine.proc, 'self'));
    expect(pids()).toEqual([5]);
  });

  test('is not found without /proc', () => {
    rmSync(host.machine.proc, { recursive: true });
    expect(pids()).toEqual([]);
  });
});

describe('a process of a job of PBS', () => {
  test('is in its control group, if there is one', () => {
    run(5, { session: 5, groups: { '': '/pbs_jobs.service/jobid/12.pbs' }, environment: 'PBS_JOBID=12.pbs\0' });
    run(6, { session: 5 });
    expect(pids(true)).toEqual([5]);
  });

  test.each([
    ['PBS_JOBID=12\0', [5]],
    ['A=b\0PBS_JOBID=12.pbs\0C=d\0', [5]],
    ['PBS_JOBID=12[1].pbs\0', []],
    ['PBS_JOBID=112.pbs\0', []],
    ['X=PBS_JOBID=12.pbs\0', []],
    ['', []],
  ])('has PBS_JOBID in its environment %p', (environment, found) => {
    run(5, { environment });
    expect(pids(true)).toEqual(found);
  });

  test('can have an environment that cannot be read', () => {
    run(5, { environment: 'PBS_JOBID=12\0' });
    rmSync(join(host.machine.proc, '5/environ'));
    expect(pids(true)).toEqual([]);
  });
});

describe('the control groups of a job', () => {
  const groups = (): unknown => {
    const { unified, byController } = groupsOfJob(host.machine, findProcesses(host.machine, '12', false), noGroups);
    return { unified, ...Object.fromEntries(byController) };
  };

  test.each([
    ['', '/slurm/job_12', ['unified']],
    ['', '/unified/slurm/job_12', ['unified']],
    ['memory', '/memory/slurm/job_12', ['memory']],
    ['cpu,cpuacct', '/cpu,cpuacct/slurm/job_12', ['cpu', 'cpuacct']],
    ['cpu,cpuacct', '/cpu/slurm/job_12', ['cpu', 'cpuacct']],
  ])('of the controllers %p are the directory %s', (controllers, directory, names) => {
    run(5, { groups: { [controllers]: '/slurm/job_12/step_0' } });
    const path = join(host.machine.controlGroups, directory);
    mkdirSync(path, { recursive: true });
    expect(groups()).toEqual({ unified: null, ...Object.fromEntries(names.map((name) => [name, path])) });
  });

  test('that are gone are those of the last look', () => {
    run(5, { groups: ofJob });
    const earlier = { unified: '/a', byController: new Map([['memory', '/b']]) };
    expect(groupsOfJob(host.machine, findProcesses(host.machine, '12', false), earlier)).toEqual(earlier);
  });
});

describe('the CPU time of the control groups', () => {
  const ticks = (user: number, system: number) => `user ${user}\nsystem ${system}\n`;
  const version2 = 'usage_usec 3500000\nuser_usec 3000000\nsystem_usec 500000\n';

  test.each([
    ['of version 2', { 'two/cpu.stat': version2, 'one/cpuacct.usage': '9\n' }, { user: 3, system: 0.5 }],
    [
      'of version 1, where version 2 has only a part',
      {
        'two/cpu.stat': 'user_usec 3000000\n',
        'one/cpuacct.usage': '8000000000\n',
        'one/cpuacct.stat': ticks(300, 100),
      },
      { user: 6, system: 2 },
    ],
    [
      'of version 1 with as much user time as system time',
      { 'one/cpuacct.usage': '8000000000\n', 'one/cpuacct.stat': ticks(70, 70) },
      { user: 4, system: 4 },
    ],
    [
      'of version 1 in the kernel only',
      { 'one/cpuacct.usage': '8000000000\n', 'one/cpuacct.stat': 'system 5\n' },
      { user: 0, system: 8 },
    ],
    ['of version 1 without ticks is user time', { 'one/cpuacct.usage': '8000000000\n' }, { user: 8, system: 0 }],
    ['without a total is not known', { 'one/cpuacct.stat': ticks(300, 100) }, null],
  ])('%s', (_, files, time) => {
    for (const [name, text] of Object.entries(files)) host.count(name, text);
    const [unified, cpuacct] = [join(host.machine.controlGroups, 'two'), join(host.machine.controlGroups, 'one')];
    expect(cpuTimeOf({ unified, byController: new Map([['cpuacct', cpuacct]]) })).toEqual(time);
  });

  test('is not known without control groups', () => {
    expect(cpuTimeOf(noGroups)).toBeNull();
  });
});
