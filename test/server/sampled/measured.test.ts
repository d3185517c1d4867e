/** What samples of a job add up to: programs, CPU time, memory and GPUs. */

import { describe, expect, test } from 'bun:test';
import type { MeasuredJob } from '../../../src/lib/sampled-job.ts';
import type { ReadingClient } from '../../../src/server/auth/caller.ts';
import { measuredOf, type Run } from '../../../src/server/sampled/measured.ts';
import { shownSoftware, softwareOf } from '../../../src/server/sampled/software.ts';
import { summaryOf } from '../../../src/server/sampled/summary.ts';

type Cpu = { readonly user: number; readonly system: number };
const cpu = (user: number, system: number): Cpu => ({ user, system });

/** A sample of a node from second 1000 to 1400. */
const sample = (node: string, execs: Record<string, Cpu>, rest: Record<string, unknown> = {}): MeasuredJob => ({
  'sams.sampler.Core': { jobid: 12, node },
  'sams.sampler.Software': { execs, start_time: 1000, end_time: 1400 },
  ...rest,
});
const withUntracked = (node: string, untracked: Cpu) =>
  sample(node, {}, { 'sams.sampler.Software': { execs: {}, start_time: 1000, end_time: 1400, untracked } });
const group = (values: Record<string, unknown>) => ({ 'sams.sampler.SlurmCGroup2': values });
const run = (start: number | null, end: number | null, cpus = 4, nodes = 1): Run => ({ start, end, cpus, nodes });

describe('the software of a job', () => {
  test('is added up over its nodes, the greatest first, in hundredths of a second', () => {
    const nodes = [
      sample('a', { '/bin/z': cpu(1.004, 2), '/bin/most': cpu(5, 6.006), '/bin/b': cpu(2, 1) }),
      sample('b', { '/bin/b': cpu(0.25, 0.5), '/bin/a': cpu(1, 2) }),
      withUntracked('c', cpu(0.126, 0.333)),
      withUntracked('d', cpu(2, 3)),
    ];
    expect(softwareOf(nodes)).toEqual({
      software: [
        { path: '/bin/most', user_seconds: 5, system_seconds: 6.01 },
        { path: '/bin/b', user_seconds: 2.25, system_seconds: 1.5 },
        { path: '/bin/a', user_seconds: 1, system_seconds: 2 },
        { path: '/bin/z', user_seconds: 1, system_seconds: 2 },
      ],
      untracked: { user_seconds: 2.13, system_seconds: 3.33 },
    });
  });

  test('of nodes that measured none is empty', () => {
    expect(softwareOf([{ 'sams.sampler.Core': { jobid: 12, node: 'a' } }])).toEqual({ software: [], untracked: null });
  });

  const found = softwareOf([sample('a', { '/home/ada/bin/solve': cpu(1, 2), '/usr/bin/env': cpu(3, 4) })]);
  test.each<[what: string, client: Pick<ReadingClient, 'seesNames' | 'shownName'>, paths: readonly string[]]>([
    ['names', { seesNames: true, shownName: (name) => name }, ['/usr/bin/env', '/home/ada/bin/solve']],
    ['the own name alone', { seesNames: false, shownName: () => null }, ['/usr/bin/env', '/home/ada/bin/solve']],
    ['pseudonyms', { seesNames: true, shownName: () => 'user-1' }, ['env', 'solve']],
  ])('is shown to a client that sees %s', (_, client, paths) => {
    const shown = shownSoftware(found, 'ada', { account: null, ...client });
    expect(shown.software.map(({ path }) => path)).toEqual([...paths]);
    expect(shown.software[0]).toMatchObject({ user_seconds: 3, system_seconds: 4 });
  });
});

test('the summary of a sample has its times and the seconds of each program', () => {
  const execs = { '/bin/a': cpu(1.111, 2.222), '/bin/b': cpu(3, 4) };
  expect(summaryOf(sample('a', execs))).toEqual({
    ...{ from: 1000, to: 1400, isCounted: false },
    programs: { '/bin/a': 3.33, '/bin/b': 7 },
  });
  expect(summaryOf(withUntracked('a', cpu(0.126, 0.333)))).toEqual({
    ...{ from: 1000, to: 1400, isCounted: true },
    programs: { '(untracked)': 0.46 },
  });
  expect(summaryOf(withUntracked('a', cpu(0, 0)))).toMatchObject({ isCounted: true, programs: {} });
  expect(summaryOf({ 'sams.sampler.Core': { jobid: 12, node: 'a' } })).toEqual({
    ...{ from: 0, to: 0, isCounted: false, programs: {} },
  });
});

describe('what a job used', () => {
  test('has its CPU time, and the memory and GPUs of each node', () => {
    const memory = { memory_usage_average: '2147.5', memory_max_usage: 4096, memory_usage: 3000 };
    const gpu = { utilization_gpu_average: '61.5', utilization_memory_average: 20, power_draw_average: 250 };
    const samples = [
      sample('a', { '/bin/a': cpu(300, 20) }, { ...group({ ...memory, memory_limit: '8192' }) }),
      sample(
        'b',
        { '/bin/a': cpu(50, 30) },
        { 'sams.sampler.NvidiaSMI': { 0: gpu, 1: { power_draw_average: 'N/A' } } },
      ),
    ];
    const software = [{ path: '/bin/a', user_seconds: 350, system_seconds: 50 }];
    const nothing = { memory_average: null, memory_peak: null, memory_limit: null };
    expect(measuredOf(samples, [run(900, 1300, 4, 2)])).toEqual({
      software,
      untracked: null,
      nodes: [
        {
          ...{ node: 'a', cpu_seconds: 320, memory_average: 2147.5, memory_peak: 4096, memory_limit: 8192 },
          gpus: [],
        },
        {
          ...{ node: 'b', cpu_seconds: 80, ...nothing },
          gpus: [
            { index: '0', utilisation_percent: 61.5, memory_percent: 20, power_watts: 250 },
            { index: '1', utilisation_percent: null, memory_percent: null, power_watts: null },
          ],
        },
      ],
      cpu_seconds: 400,
      allocated_cpu_seconds: 1600,
      cpu_percent: 25,
    });
  });

  test('counts CPU time without a program', () => {
    const { cpu_seconds, nodes } = measuredOf(
      [withUntracked('a', cpu(2.25, 3)), withUntracked('b', cpu(1.006, 0))],
      [],
    );
    expect([cpu_seconds, nodes.map((node) => node.cpu_seconds)]).toEqual([6.26, [5.25, 1.01]]);
  });

  test.each<[values: Record<string, unknown>, peak: number | null, limit: number | null]>([
    [{ memory_usage: 3000 }, 3000, null],
    [{ memory_max_usage: 'max', memory_usage: 3000, memory_limit: 'max' }, 3000, null],
    [{ memory_max_usage: -1 }, null, null],
    [{ memory_limit: 2 ** 60 - 1024 }, null, 2 ** 60 - 1024],
    [{ memory_limit: 2 ** 60 }, null, null],
  ])('of a control group %j has the peak %p and the limit %p', (values, peak, limit) => {
    for (const version of ['sams.sampler.SlurmCGroup2', 'sams.sampler.SlurmCGroup']) {
      const { nodes } = measuredOf([sample('a', {}, { [version]: values })], []);
      expect(nodes).toMatchObject([{ memory_peak: peak, memory_limit: limit }]);
    }
  });

  test('of version 2 of control groups is taken if there are both', () => {
    const both = { ...group({ memory_usage: 2 }), 'sams.sampler.SlurmCGroup': { memory_usage: 1 } };
    expect(measuredOf([sample('a', {}, both)], []).nodes).toMatchObject([{ memory_peak: 2 }]);
  });

  const core = { 'sams.sampler.Core': { jobid: 12, node: 'a' } };
  test.each<[what: string, samples: readonly MeasuredJob[], runs: readonly Run[], allocated: number | null]>([
    ['of the run that ended with the samples', [sample('a', {})], [run(0, 399), run(700, 1300), run(1350, 1500)], 2400],
    ['of a run that began 10 minutes later', [sample('a', {})], [run(2000, 2100)], 400],
    ['of a run that ended 10 minutes sooner', [sample('a', {})], [run(700, 800)], 400],
    ['not of a run that began later', [sample('a', {})], [run(2001, 2100)], null],
    ['not of a run that ended sooner', [sample('a', {})], [run(700, 799)], null],
    ['not of a run without a start or an end', [sample('a', {})], [run(null, 1400), run(1000, null)], null],
    ['not of a run on other nodes', [sample('a', {})], [run(1000, 1400, 4, 2)], null],
    ['of control groups', [sample('a', {}, group({ cpus: '3' })), sample('b', {}, group({ cpus: 2 }))], [], 2000],
    ['of no control group of one node', [sample('a', {}, group({ cpus: 3 })), sample('b', {})], [], null],
    ['of no node without software', [{ ...core, ...group({ cpus: 3 }) }], [], null],
    [
      'of no node without processes',
      [{ ...core, ...group({ cpus: 3 }), 'sams.sampler.Software': { execs: {}, start_time: 0, end_time: 0 } }],
      [],
      null,
    ],
    [
      'of no time, if the clock went back',
      [{ ...core, ...group({ cpus: 3 }), 'sams.sampler.Software': { execs: {}, start_time: 9, end_time: 5 } }],
      [],
      0,
    ],
  ])('could have been the CPU time %s', (_, samples, runs, allocated) => {
    const measured = measuredOf(samples, runs);
    expect(measured.allocated_cpu_seconds).toBe(allocated);
    expect(measured.cpu_percent).toBe(allocated === null || allocated === 0 ? null : 0);
  });

  test('of a node without software has no CPU time', () => {
    expect(measuredOf([core], []).nodes).toMatchObject([{ cpu_seconds: null }]);
  });
});
