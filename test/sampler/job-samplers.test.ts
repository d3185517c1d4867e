/** Every number that the samplers of a job report: its programs, memory, pressure and owner. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { groupsOfJob, noGroups } from '../../src/sampler/groups.ts';
import type { JobInfo } from '../../src/sampler/job-info.ts';
import { findProcesses } from '../../src/sampler/processes.ts';
import type { JobObservation, Sampler } from '../../src/sampler/sampler.ts';
import { controlGroupSampler } from '../../src/sampler/samplers/control-group.ts';
import { pressureSampler } from '../../src/sampler/samplers/pressure.ts';
import { slurmInfoSampler } from '../../src/sampler/samplers/slurm-info.ts';
import { softwareSampler } from '../../src/sampler/samplers/software.ts';
import { type TestMachine, testMachine } from './machine.ts';

let host: TestMachine;
beforeEach(() => {
  host = testMachine();
});
afterEach(() => host.remove());

const ofJob = { cpuacct: '/job_12/step_0' };
const run = (pid: number, program: string | null, user: number, system: number) =>
  host.run({ pid, program, user, system, groups: ofJob });

function look(at: number): JobObservation {
  const processes = findProcesses(host.machine, '12', false);
  return { processes, groups: groupsOfJob(host.machine, processes, noGroups), at };
}

/** The state of a sampler, as a checkpoint gives it to a later process. */
const stored = (sampler: Sampler): unknown => JSON.parse(JSON.stringify(sampler.state()));

describe('software', () => {
  test('has the CPU time of each program, and the cores that are used', async () => {
    const sampler = softwareSampler(30)(undefined);
    expect(await sampler.sample(look(990))).toBeNull();
    run(5, '/bin/b', 100, 50);
    run(7, null, 900, 900);
    expect(await sampler.sample(look(1000.75))).toBeNull();
    run(5, '/bin/b', 300, 75);
    run(6, '/bin/a', 50, 50);
    run(8, '/bin/c', 0, 0);
    const first = await sampler.sample(look(1008.75));
    expect(first).toEqual({
      current: {
        software: {
          '/bin/a': { user: 0.5, system: 0.5 },
          '/bin/b': { user: 3, system: 0.75 },
          '/bin/c': { user: 0, system: 0 },
        },
        total_user: 3.5,
        total_system: 1.25,
        user: 0.3125,
        user_average: 0.3125,
        system: 0.09375,
        system_average: 0.09375,
        elapsed_time: 8,
      },
    });
    run(5, '/bin/b', 500, 175);
    const second = await sampler.sample(look(1024.75));
    expect(second).toEqual({
      current: {
        software: {
          '/bin/a': { user: 0.5, system: 0.5 },
          '/bin/b': { user: 5, system: 1.75 },
          '/bin/c': { user: 0, system: 0 },
        },
        total_user: 5.5,
        total_system: 2.25,
        user: 0.125,
        user_average: 0.21875,
        system: 0.0625,
        system_average: 0.078125,
        elapsed_time: 16,
      },
    });
    for (const pid of [5, 6, 7, 8]) host.end(pid);
    await sampler.sample(look(1100));
    expect(sampler.final()).toEqual({
      execs: {
        '/bin/a': { user: 0.5, system: 0.5 },
        '/bin/b': { user: 5, system: 1.75 },
        '/bin/c': { user: 0, system: 0 },
      },
      start_time: 1000,
      end_time: 1024,
    });
  });

  test('has a rate after less than a second', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(5, '/bin/a', 100, 200);
    await sampler.sample(look(1000));
    run(5, '/bin/a', 150, 300);
    expect(await sampler.sample(look(1000.5))).toMatchObject({ current: { user: 1, system: 2, elapsed_time: 0.5 } });
  });

  test('counts a smaller count of a process as that of another one', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(5, '/bin/a', 100, 200);
    await sampler.sample(look(1000));
    run(5, '/bin/a', 30, 40);
    await sampler.sample(look(1010));
    expect(sampler.final().execs).toEqual({ '/bin/a': { user: 1.3, system: 2.4 } });
  });

  test('counts on if the clock is set back, and has no rate for that time', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(5, '/bin/a', 100, 200);
    await sampler.sample(look(1000));
    run(5, '/bin/a', 300, 500);
    const current = { software: { '/bin/a': { user: 3, system: 5 } }, total_user: 3, total_system: 5 };
    expect(await sampler.sample(look(1000))).toEqual({ current: { ...current, elapsed_time: 0 } });
    expect(await sampler.sample(look(990))).toMatchObject({ current });
    expect(sampler.final().execs).toEqual(current.software);
  });

  test('keeps the total of the control group, rounded to ticks, and is never below zero', async () => {
    const sampler = softwareSampler(30)(undefined);
    host.count('cpuacct/job_12/cpuacct.usage', '8001000000\n');
    host.count('cpuacct/job_12/cpuacct.stat', 'user 100\nsystem 100\n');
    run(5, '/bin/a', 150, 700);
    await sampler.sample(look(1000));
    expect(sampler.final().untracked).toEqual({ user: 2.5, system: 0 });
    rmSync(join(host.machine.controlGroups, 'cpuacct'), { recursive: true });
    const later = softwareSampler(30)(stored(sampler));
    await later.sample(look(1010));
    expect(later.final().untracked).toEqual({ user: 2.5, system: 0 });
  });
});

describe('the memory and CPUs of a control group', () => {
  const one = 'memory/job_12';
  const inVersion1 = { memory: '/job_12/step_0', cpuset: '/job_12/step_0' };

  test.each([
    [
      'of version 1',
      inVersion1,
      {
        [`${one}/memory.usage_in_bytes`]: '5000',
        [`${one}/memory.memsw.usage_in_bytes`]: '5700',
        [`${one}/memory.limit_in_bytes`]: '9000',
        [`${one}/memory.max_usage_in_bytes`]: '6000',
        'cpuset/job_12/cpuset.cpus': '2-4,7',
      },
      { cpus: 4, memory_usage: '5000', memory_limit: '9000', memory_max_usage: '6000', memory_swap: '700' },
    ],
    [
      'of version 1 where memory and swap were counted at two times',
      inVersion1,
      { [`${one}/memory.usage_in_bytes`]: '5000', [`${one}/memory.memsw.usage_in_bytes`]: '4900' },
      { memory_usage: '5000', memory_swap: '0' },
    ],
    [
      'of version 1 without a count of memory',
      inVersion1,
      { [`${one}/memory.memsw.usage_in_bytes`]: '4900', 'cpuset/job_12/cpuset.cpus': '3' },
      { cpus: 1 },
    ],
    [
      'of version 2',
      { '': '/job_12/step_0' },
      {
        'job_12/memory.current': '5000',
        'job_12/memory.max': '9000',
        'job_12/memory.peak': '6000',
        'job_12/memory.swap.current': '700',
        'job_12/cpuset.cpus': '0-9',
        'job_12/cpuset.cpus.effective': '0-2',
      },
      { cpus: 3, memory_usage: '5000', memory_limit: '9000', memory_max_usage: '6000', memory_swap: '700' },
    ],
    [
      'of version 2 of a kernel that does not tell the CPUs in use',
      { '': '/job_12/step_0' },
      { 'job_12/cpuset.cpus': '0-9', 'job_12/cpuset.cpus.effective': '\n' },
      { cpus: 10 },
    ],
    [
      'of both versions, with the controllers in version 1',
      { '': '/job_12/step_0', ...inVersion1 },
      {
        'unified/job_12/cgroup.procs': '',
        [`${one}/memory.usage_in_bytes`]: '5000',
        [`${one}/memory.memsw.usage_in_bytes`]: '5700',
        [`${one}/memory.limit_in_bytes`]: '9000',
        [`${one}/memory.max_usage_in_bytes`]: '6000',
        'cpuset/job_12/cpuset.cpus': '2-4,7',
      },
      { cpus: 4, memory_usage: '5000', memory_limit: '9000', memory_max_usage: '6000', memory_swap: '700' },
    ],
  ])('%s', async (_, groups, files, values) => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups });
    for (const [name, text] of Object.entries(files)) host.count(name, text);
    const sampler = controlGroupSampler('sams.sampler.SlurmCGroup', 60, [])(undefined);
    expect(await sampler.sample(look(1))).toEqual(values);
    expect(sampler.final()).toEqual(values);
  });

  test('have averages of the values that are asked for, also after a kill', async () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: inVersion1 });
    const make = controlGroupSampler('sams.sampler.SlurmCGroup', 60, ['memory_usage', 'cpus', 'memory_swap']);
    const count = (usage: number, cpus: string) => {
      host.count(`${one}/memory.usage_in_bytes`, String(usage));
      host.count('cpuset/job_12/cpuset.cpus', cpus);
    };
    let sampler = make(undefined);
    count(1000, '0-3');
    expect(await sampler.sample(look(100))).toEqual({
      cpus: 4,
      memory_usage: '1000',
      cpus_average: 4,
      memory_usage_average: 1000,
    });
    sampler = make(stored(sampler));
    count(3000, '0-1');
    const last = { cpus: 2, memory_usage: '3000', cpus_average: 3, memory_usage_average: 2000 };
    expect(await sampler.sample(look(110))).toEqual(last);
    host.end(5);
    expect(await sampler.sample(look(120))).toBeNull();
    expect(sampler.final()).toEqual(last);
  });
});

describe('pressure', () => {
  const line = (kind: string, a: number, b: number, c: number, d: number) =>
    `${kind} avg10=${a} avg60=${b} avg300=${c} total=${d}\n`;
  const values = (avg10: number, avg60: number, avg300: number, total: number) => ({ avg10, avg60, avg300, total });

  test('is that of CPUs, I/O and memory, also after a kill', async () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { '': '/job_12/step_0' } });
    host.count('job_12/cpu.pressure', line('some', 1.5, 2, 3, 4));
    host.count('job_12/io.pressure', line('some', 5, 6, 7, 8) + line('full', 9, 10, 11, 12));
    host.count('job_12/memory.pressure', line('full', 13, 14, 15, 16));
    const all = {
      cpu: { some: values(1.5, 2, 3, 4) },
      io: { some: values(5, 6, 7, 8), full: values(9, 10, 11, 12) },
      memory: { full: values(13, 14, 15, 16) },
    };
    const sampler = pressureSampler(60)(undefined);
    expect(sampler.final()).toEqual({});
    expect(await sampler.sample(look(1))).toEqual(all);
    const later = pressureSampler(60)(stored(sampler));
    for (const name of ['cpu', 'io', 'memory']) rmSync(join(host.machine.controlGroups, `job_12/${name}.pressure`));
    expect(await later.sample(look(2))).toBeNull();
    expect(later.final()).toEqual(all);
  });

  test('is not counted by control groups of version 1', async () => {
    run(5, '/bin/a', 1, 1);
    host.count('cpuacct/job_12/cpu.pressure', line('some', 1, 2, 3, 4));
    expect(await pressureSampler(60)(undefined).sample(look(1))).toBeNull();
  });
});

describe('the owner of a job', () => {
  const others = { username: 'bob', uid: '1003', partition: 'debug', nodes: '3', cpus: '24' };
  const owner = { account: 'chem', ...others };

  /** Answers with each of the results in turn. */
  function asking(...answers: readonly JobInfo[]) {
    let asked = 0;
    return { ask: async () => answers[asked++] ?? {}, count: () => asked };
  }

  test('is asked for until it is known', async () => {
    const { ask, count } = asking({ jobname: 'x' }, others, { account: 'chem' });
    const sampler = slurmInfoSampler(60, ask)(undefined);
    expect(sampler.final()).toEqual({});
    expect(await sampler.sample(look(1))).toEqual({ jobname: 'x' });
    expect(await sampler.sample(look(2))).toEqual({ ...others, jobname: 'x' });
    const all = { ...owner, jobname: 'x' };
    expect(await sampler.sample(look(3))).toEqual(all);
    expect(await sampler.sample(look(4))).toEqual(all);
    expect(sampler.final()).toEqual(all);
    expect(count()).toBe(3);
  });

  test('and the start are stored; the start is in the local time too', async () => {
    const offset = spyOn(Date.prototype, 'getTimezoneOffset').mockReturnValue(-90);
    try {
      const sampler = slurmInfoSampler(60, asking({ ...owner, startedAt: 1_795_220_084 }).ask)(null);
      const all = { ...owner, starttime: '2026-11-21T01:44:44', starttimestamp: 1_795_220_084 };
      expect(await sampler.sample(look(1))).toEqual(all);
      const { ask, count } = asking();
      const later = slurmInfoSampler(60, ask)(stored(sampler));
      expect(await later.sample(look(2))).toEqual(all);
      expect(count()).toBe(0);
    } finally {
      offset.mockRestore();
    }
  });
});
