/** What each sampler measures, from copies of the kernel's files. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { groupsOfJob, noGroups } from '../../src/sampler/groups.ts';
import { findProcesses } from '../../src/sampler/processes.ts';
import { shortestInterval } from '../../src/sampler/sample-job.ts';
import type { Sampler } from '../../src/sampler/sampler.ts';
import { controlGroupSampler } from '../../src/sampler/samplers/control-group.ts';
import { filesystemSampler } from '../../src/sampler/samplers/filesystems.ts';
import { ioStatSampler } from '../../src/sampler/samplers/io-stat.ts';
import { nvidiaSampler, parseGpus } from '../../src/sampler/samplers/nvidia.ts';
import { pressureSampler } from '../../src/sampler/samplers/pressure.ts';
import { softwareSampler } from '../../src/sampler/samplers/software.ts';
import { parseZfsList } from '../../src/sampler/samplers/zfs.ts';
import { type TestMachine, testMachine } from './machine.ts';

const group = '/slurm_c001/uid_5/job_12';
const ofJob = { memory: `${group}/step_batch/task_0`, cpuacct: `${group}/step_batch` };

let host: TestMachine;
beforeEach(() => {
  host = testMachine();
});
afterEach(() => host.remove());

function look(at: number, isPbs = false, job = '12') {
  const processes = findProcesses(host.machine, job, isPbs);
  return { processes, groups: groupsOfJob(host.machine, processes, noGroups), at };
}

describe('the processes of a job', () => {
  test('are the processes in its control groups, and no others', () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: ofJob });
    host.run({ pid: 6, program: '/bin/b', user: 1, system: 1, groups: { memory: '/slurm_c001/uid_5/job_123/step_0' } });
    host.run({ pid: 7, program: '/bin/c', user: 1, system: 1, groups: { '': '/system.slice/ssh.service' } });
    host.run({
      pid: 8,
      program: '/bin/d',
      user: 1,
      system: 1,
      groups: { '': '/x/slurmstepd.scope/job_12/step_0/user' },
    });
    expect(new Set(look(1).processes.map(({ program }) => program))).toEqual(new Set(['/bin/a', '/bin/d']));
  });

  test('a process that is moved into the control group later is found then', () => {
    host.run({ pid: 5, program: '/usr/sbin/slurmstepd', user: 1, system: 1 });
    expect(look(1).processes).toEqual([]);
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: ofJob });
    expect(look(2).processes).toHaveLength(1);
  });

  test('a process whose files have vanished is left out', () => {
    host.run({ pid: 5, program: null, user: 1, system: 1, groups: ofJob });
    host.write('6/cgroup', `1:memory:${group}\n`);
    expect(look(1).processes.map(({ program }) => program)).toEqual([null]);
  });

  test('for PBS without control groups are the processes of the sessions that have its environment variable', () => {
    host.run({ pid: 5, program: '/bin/sh', user: 1, system: 1, session: 5, environment: 'A=b\0PBS_JOBID=12.pbs\0' });
    host.run({ pid: 6, program: '/bin/x', user: 1, system: 1, session: 5 });
    host.run({ pid: 7, program: '/bin/y', user: 1, system: 1, session: 7, environment: 'PBS_JOBID=123.pbs\0' });
    expect(new Set(look(1, true).processes.map(({ program }) => program))).toEqual(new Set(['/bin/sh', '/bin/x']));
    expect(look(1, false).processes).toEqual([]);
  });
});

describe('software', () => {
  const run = (user: number, program = '/bin/a', startTicks = 100) =>
    host.run({ pid: 5, program, user, system: 0, startTicks, groups: ofJob });
  const finals = async (sampler: Sampler, at: number) => {
    await sampler.sample(look(at));
    return sampler.final();
  };

  test('sums the CPU time of each program, also of earlier processes with the same pid', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(100);
    await sampler.sample(look(1000));
    run(150);
    await sampler.sample(look(1010));
    run(10, '/bin/a', 200);
    expect(await finals(sampler, 1020)).toEqual({
      execs: { '/bin/a': { user: 1.6, system: 0 } },
      start_time: 1000,
      end_time: 1020,
    });
  });

  test('counts CPU time after an exec for the new program', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(2, '/usr/sbin/slurmstepd');
    await sampler.sample(look(1000));
    run(300, '/bin/b');
    expect((await finals(sampler, 1010)).execs).toEqual({
      '/bin/b': { user: 2.98, system: 0 },
      '/usr/sbin/slurmstepd': { user: 0.02, system: 0 },
    });
  });

  test('reports CPU time that only the control group has counted as untracked', async () => {
    const sampler = softwareSampler(30)(undefined);
    host.count(`cpuacct${group}/cpuacct.usage`, '8000000000\n');
    host.count(`cpuacct${group}/cpuacct.stat`, 'user 300\nsystem 100\n');
    run(100);
    expect((await finals(sampler, 1000)).untracked).toEqual({ user: 5, system: 2 });
    host.end(5);
    expect((await finals(sampler, 1010)).untracked).toEqual({ user: 5, system: 2 });
  });

  test('reads CPU time of control groups of version 2 in microseconds', async () => {
    const sampler = softwareSampler(30)(undefined);
    host.run({ pid: 5, program: '/bin/a', user: 100, system: 0, groups: { '': '/slurm/job_12/step_0/user/task_0' } });
    host.count('slurm/job_12/cpu.stat', 'usage_usec 2500000\nuser_usec 2000000\nsystem_usec 500000\n');
    expect((await finals(sampler, 1000)).untracked).toEqual({ user: 1, system: 0.5 });
  });

  test('reports the number of cores that are used now and on average', async () => {
    const sampler = softwareSampler(30)(undefined);
    run(0);
    expect(await sampler.sample(look(1000))).toBeNull();
    run(2000);
    await sampler.sample(look(1010));
    run(2000);
    expect(await sampler.sample(look(1020))).toEqual({
      current: {
        software: { '/bin/a': { user: 20, system: 0 } },
        total_user: 20,
        total_system: 0,
        user: 0,
        user_average: 1,
        system: 0,
        system_average: 0,
        elapsed_time: 10,
      },
    });
  });

  test('continues from the stored state after a kill, and counts nothing twice', () => {
    fc.assert(
      fc.asyncProperty(fc.array(fc.nat(500), { minLength: 1, maxLength: 8 }), fc.nat(7), async (steps, killed) => {
        let sampler = softwareSampler(30)(undefined);
        let user = 0;
        for (const [index, more] of steps.entries()) {
          user += more;
          run(user);
          await sampler.sample(look(1000 + index));
          if (index === killed) sampler = softwareSampler(30)(JSON.parse(JSON.stringify(sampler.state())));
        }
        expect(sampler.final().execs).toEqual({ '/bin/a': { user: user / 100, system: 0 } });
      }),
      { numRuns: 30 },
    );
  });

  test('is empty for a job without processes', async () => {
    expect(await finals(softwareSampler(30)(undefined), 1000)).toEqual({ execs: {}, start_time: 0, end_time: 0 });
  });
});

describe('control groups', () => {
  test('of version 1 give bytes as text, and averages', async () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { ...ofJob, cpuset: `${group}/step_batch` } });
    const memory = (usage: number) => {
      host.count(`memory${group}/memory.usage_in_bytes`, `${usage}\n`);
      host.count(`memory${group}/memory.memsw.usage_in_bytes`, `${usage + 5}\n`);
    };
    host.count(`memory${group}/memory.limit_in_bytes`, '62914560\n');
    host.count(`memory${group}/memory.max_usage_in_bytes`, '8392704\n');
    host.count(`cpuset${group}/cpuset.cpus`, '0-1\n');
    const sampler = controlGroupSampler('sams.sampler.SlurmCGroup', 60, ['memory_usage'])(undefined);
    memory(1000);
    await sampler.sample(look(100));
    memory(3000);
    await sampler.sample(look(110));
    host.end(5);
    await sampler.sample(look(120));
    expect(sampler.final()).toEqual({
      cpus: 2,
      memory_usage: '3000',
      memory_limit: '62914560',
      memory_max_usage: '8392704',
      memory_swap: '5',
      memory_usage_average: 2000,
    });
  });

  test('that are removed one after the other at the end of a job leave the last value of each', async () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { ...ofJob, cpuset: `${group}/step_batch` } });
    host.count(`memory${group}/memory.usage_in_bytes`, '1000\n');
    host.count(`memory${group}/memory.limit_in_bytes`, '2000\n');
    host.count(`cpuset${group}/cpuset.cpus`, '0-1\n');
    const sampler = controlGroupSampler('sams.sampler.SlurmCGroup', 60, ['memory_usage'])(undefined);
    await sampler.sample(look(100));
    const all = sampler.final();
    expect(all).toEqual({ cpus: 2, memory_usage: '1000', memory_limit: '2000', memory_usage_average: 1000 });
    const observation = look(110);
    rmSync(join(host.machine.controlGroups, 'memory'), { recursive: true });
    await sampler.sample(observation);
    expect(sampler.final()).toEqual(all);
  });

  test('of version 2 report swap as it is, do not take the peak for a limit, and leave out a missing limit', async () => {
    host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { '': '/slurm/job_12/step_0' } });
    host.count('slurm/job_12/memory.current', '1000\n');
    host.count('slurm/job_12/memory.max', 'max\n');
    host.count('slurm/job_12/memory.peak', '4000\n');
    host.count('slurm/job_12/memory.swap.current', '7\n');
    host.count('slurm/job_12/cpuset.cpus', '\n');
    const sampler = controlGroupSampler('sams.sampler.SlurmCGroup2', 60, [])(undefined);
    await sampler.sample(look(100));
    expect(sampler.final()).toEqual({ memory_usage: '1000', memory_max_usage: '4000', memory_swap: '7' });
  });
});

test('pressure keeps the last values when the job has ended', async () => {
  host.run({ pid: 5, program: '/bin/a', user: 1, system: 1, groups: { '': '/slurm/job_12/step_0' } });
  host.count('slurm/job_12/io.pressure', 'some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n');
  const sampler = pressureSampler(60)(undefined);
  await sampler.sample(look(100));
  host.end(5);
  await sampler.sample(look(110));
  expect(sampler.final()).toEqual({ io: { some: { avg10: 1, avg60: 2, avg300: 3, total: 4 } } });
});

test('block devices report the average rates of the whole job at its end', async () => {
  const sampler = ioStatSampler(60, host.machine, ['dm-0', 'gone'])(undefined);
  host.write('diskstats', ' 253 0 dm-0 0 0 0 0 0 0 0 0 0 0 0\n');
  await sampler.sample(look(100));
  host.write('diskstats', ' 253 0 dm-0 10 10 80 20 0 0 0 0 0 5000 10000\n');
  await sampler.sample(look(110));
  expect(sampler.final()).toEqual({
    'dm-0': expect.objectContaining({
      r_s: '1.00',
      rkB_s: '4.00',
      rrqm: '50.00',
      r_await: '2.00',
      util: '50.00',
      'aqu-sz': '1.00',
      w_s: '0.00',
    }),
  });
});

test('filesystems report size, free and used bytes; a missing filesystem is left out', async () => {
  const sampler = filesystemSampler(60, ['/proc/self', host.directory, '/nonexistent'])(undefined);
  await sampler.sample(look(100));
  const space = sampler.final()[host.directory];
  expect(space).toEqual({ size: expect.any(Number), free: expect.any(Number), used: expect.any(Number) });
  expect(Object.keys(sampler.final())).not.toContain('/nonexistent');
});

describe('GPUs', () => {
  const settings = {
    nvidiaSmi: 'nvidia-smi',
    metrics: ['power.draw', 'utilization.gpu'],
    averaged: ['power.draw'],
    gpus: '0,1',
  };

  test('of the job are reported, each with its average', async () => {
    const asked: string[][] = [];
    let power = 100;
    const run = async (argv: readonly string[]) => {
      asked.push([...argv]);
      power += 100;
      return { kind: 'done', output: Buffer.from(`0, ${power}.00, 50\n1, [N/A], 0\n`) } as const;
    };
    const sampler = nvidiaSampler(60, { ...settings, run })(undefined);
    await sampler.sample(look(100));
    await sampler.sample(look(110));
    expect(asked[0]).toEqual([
      'nvidia-smi',
      '--query-gpu=index,power.draw,utilization.gpu',
      '--format=csv,nounits,noheader',
      '-i',
      '0,1',
    ]);
    expect(sampler.final()).toEqual({
      0: { power_draw: '300.00', utilization_gpu: '50', power_draw_average: 250, elapsed_time: 10 },
      1: { power_draw: '[N/A]', utilization_gpu: '0' },
    });
  });

  test('are not asked for if the job has none', async () => {
    const run = () => Promise.reject(new Error('must not run'));
    expect(await nvidiaSampler(60, { ...settings, gpus: null, run })(undefined).sample(look(1))).toBeNull();
  });

  test('are left out if their line has another form', () => {
    expect(parseGpus('No devices were found\n0, 1\n', ['power.draw', 'utilization.gpu']).size).toBe(0);
  });
});

test('ZFS volumes report used plus free bytes as the size', () => {
  expect(parseZfsList('tank/a b\t10\t90\ncannot open\n')).toEqual({ 'tank/a b': { size: 100, free: 90, used: 10 } });
});

test.each([
  [0, 1],
  [20, 1],
  [60, 3],
  [600, 30],
])('a job of %p seconds is looked at every %p seconds at least', (age, seconds) => {
  expect(shortestInterval(age)).toBe(seconds);
});
