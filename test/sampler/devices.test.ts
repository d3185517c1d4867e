/** Every number that the samplers of devices report: disks, filesystems, volumes and GPUs. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import * as files from 'node:fs/promises';
import type { ProgramResult } from '../../src/exec/local-program.ts';
import { noGroups } from '../../src/sampler/groups.ts';
import type { JobObservation, Sampler } from '../../src/sampler/sampler.ts';
import { filesystemSampler } from '../../src/sampler/samplers/filesystems.ts';
import { ioStatSampler } from '../../src/sampler/samplers/io-stat.ts';
import { nvidiaSampler, parseGpus } from '../../src/sampler/samplers/nvidia.ts';
import { parseZfsList, zfsSampler } from '../../src/sampler/samplers/zfs.ts';
import { type TestMachine, testMachine } from './machine.ts';

const look = (at: number): JobObservation => ({ processes: [], groups: noGroups, at });
/** The state of a sampler, as a checkpoint gives it to a later process. */
const stored = (sampler: Sampler): unknown => JSON.parse(JSON.stringify(sampler.state()));

describe('block devices', () => {
  let host: TestMachine;
  beforeEach(() => {
    host = testMachine();
  });
  afterEach(() => host.remove());

  const count = (...lines: string[]) => host.write('diskstats', `${lines.join('\n')}\n`);
  const start = 'dm-0 100 200 3000 400 50 60 700 80 0 900 1000';
  const first = {
    r_s: '5.00',
    rkB_s: '50.00',
    rrqm_s: '7.50',
    rrqm: '60.00',
    r_await: '2.50',
    'rareq-sz': '10.00',
    w_s: '2.00',
    wkB_s: '40.00',
    wrqm_s: '6.00',
    wrqm: '75.00',
    w_await: '3.50',
    'wareq-sz': '20.00',
    'aqu-sz': '100.00',
    util: '45.00',
  };
  const second = {
    r_s: '0.00',
    rkB_s: '0.00',
    rrqm_s: '0.00',
    rrqm: '0.00',
    r_await: '0.00',
    'rareq-sz': '0.00',
    w_s: '0.00',
    wkB_s: '10.00',
    wrqm_s: '0.00',
    wrqm: '0.00',
    w_await: '0.00',
    'wareq-sz': '0.00',
    'aqu-sz': '0.00',
    util: '100.00',
  };

  test('have the rates since the last look, and at the end those of the whole job', async () => {
    const sampler = ioStatSampler(60, host.machine, ['dm-0', 'gone', 'dm-1'])(undefined);
    count(` 253 0 ${start}`);
    expect(await sampler.sample(look(1000))).toBeNull();
    expect(sampler.final()).toEqual({});
    count(' 253 0 dm-0 140 260 3800 500 66 108 1340 136 0 4500 801000');
    expect(await sampler.sample(look(1008))).toEqual({ 'dm-0': first });
    expect(sampler.final()).toEqual({ 'dm-0': first });
    // Counters that are smaller than before, requests without an end, and more than a second in each second.
    count(' 253 0 dm-0 130 250 3700 490 66 108 1660 136 0 99000 800000', ' 253 1 dm-1 1 2 3 4 5 6 7 8 9 10 11');
    expect(await sampler.sample(look(1024))).toEqual({ 'dm-0': second });
    expect(sampler.final()).toEqual({
      'dm-0': {
        r_s: '1.25',
        rkB_s: '14.58',
        rrqm_s: '2.08',
        rrqm: '62.50',
        r_await: '3.00',
        'rareq-sz': '11.67',
        w_s: '0.67',
        wkB_s: '20.00',
        wrqm_s: '2.00',
        wrqm: '75.00',
        w_await: '3.50',
        'wareq-sz': '30.00',
        'aqu-sz': '33.29',
        util: '100.00',
      },
    });
  });

  test('go on from the state of a sampler that was killed, and keep the last rates if no time has passed', async () => {
    let sampler = ioStatSampler(60, host.machine, ['dm-0'])(undefined);
    count(` 253 0 ${start}`);
    await sampler.sample(look(1000));
    sampler = ioStatSampler(60, host.machine, ['dm-0'])(stored(sampler));
    count(' 253 0 dm-0 140 260 3800 500 66 108 1340 136 0 4500 801000');
    await sampler.sample(look(1008));
    sampler = ioStatSampler(60, host.machine, ['dm-0'])(stored(sampler));
    expect(await sampler.sample(look(1008))).toEqual({ 'dm-0': first });
    expect(sampler.final()).toEqual({ 'dm-0': first });
  });

  test('are not there without /proc/diskstats', async () => {
    const sampler = ioStatSampler(60, host.machine, ['dm-0'])({ other: 'state' });
    expect(await sampler.sample(look(1000))).toBeNull();
    expect(sampler.final()).toEqual({});
  });
});

describe('filesystems', () => {
  type Statfs = Awaited<ReturnType<typeof files.statfs>>;
  const space = (blocks: number) =>
    ({ type: 1, bsize: 4096, blocks, bfree: 30, bavail: 20, files: 9, ffree: 8 }) as Statfs;

  test('have the bytes of their blocks, and the last ones if they cannot be read', async () => {
    const asked: string[] = [];
    const statfs = spyOn(files, 'statfs').mockImplementation((async (path: string) => {
      asked.push(path);
      if (path === '/gone' || asked.length > 3) throw new Error('ENOENT');
      return space(path === '/a' ? 100 : 200);
    }) as unknown as typeof files.statfs);
    try {
      const sampler = filesystemSampler(60, ['/a', '/b', '/gone'])(undefined);
      expect(sampler.final()).toEqual({});
      const spaces = {
        '/a': { size: 409_600, free: 81_920, used: 286_720 },
        '/b': { size: 819_200, free: 81_920, used: 696_320 },
      };
      expect(await sampler.sample(look(1))).toEqual(spaces);
      expect(await sampler.sample(look(2))).toEqual(spaces);
      expect(asked).toEqual(['/a', '/b', '/gone', '/a', '/b', '/gone']);
      expect(filesystemSampler(60, [])(stored(sampler)).final()).toEqual(spaces);
    } finally {
      statfs.mockRestore();
    }
  });

  test('that do not answer are not waited for, and not asked again until they do', async () => {
    const { promise, resolve } = Promise.withResolvers<Statfs>();
    const waits: unknown[] = [];
    const sleep = spyOn(Bun, 'sleep').mockImplementation(async (milliseconds) => void waits.push(milliseconds));
    const statfs = spyOn(files, 'statfs').mockImplementation((() => promise) as unknown as typeof files.statfs);
    try {
      const sampler = filesystemSampler(60, ['/a'])(undefined);
      expect(await sampler.sample(look(1))).toEqual({});
      expect(await sampler.sample(look(2))).toEqual({});
      expect([statfs.mock.calls.length, waits]).toEqual([1, [2000]]);
      sleep.mockRestore();
      resolve(space(100));
      await promise;
      await new Promise(setImmediate);
      expect(await sampler.sample(look(3))).toEqual({ '/a': { size: 409_600, free: 81_920, used: 286_720 } });
      expect(statfs.mock.calls.length).toBe(2);
    } finally {
      sleep.mockRestore();
      statfs.mockRestore();
    }
  });
});

/** Answers with each of the results in turn, and then with the last. */
function programs(...results: readonly (string | null)[]) {
  const asked: string[][] = [];
  const run = async (argv: readonly string[]): Promise<ProgramResult> => {
    const text = results[Math.min(asked.length, results.length - 1)] ?? null;
    asked.push([...argv]);
    return text === null
      ? { kind: 'failed', reason: 'no such program', stderr: '' }
      : { kind: 'done', output: Buffer.from(text) };
  };
  return { asked, run };
}

describe('ZFS volumes', () => {
  test('are asked for by name, and have the last values if zfs fails', async () => {
    const { asked, run } = programs('tank/a\t10\t90\n', null);
    const sampler = zfsSampler(60, { zfs: '/sbin/zfs', volumes: ['tank/a', 'tank/b'], run })(undefined);
    expect(sampler.final()).toEqual({});
    const spaces = { 'tank/a': { size: 100, free: 90, used: 10 } };
    expect(await sampler.sample(look(1))).toEqual(spaces);
    expect(await sampler.sample(look(2))).toBeNull();
    expect(asked[0]).toEqual(['/sbin/zfs', 'list', '-Hp', '-o', 'name,used,available', 'tank/a', 'tank/b']);
    expect(sampler.final()).toEqual(spaces);
    expect(zfsSampler(60, { zfs: '', volumes: [], run })(stored(sampler)).final()).toEqual(spaces);
  });

  test('are all in the data, each with its own numbers', () => {
    expect(parseZfsList('a\t10\t90\nb\t200\t300\nc\t-\t5\n')).toEqual({
      a: { size: 100, free: 90, used: 10 },
      b: { size: 500, free: 300, used: 200 },
    });
  });
});

describe('GPUs', () => {
  const settings = {
    nvidiaSmi: '/usr/bin/nvidia-smi',
    metrics: ['power.draw', 'clocks.current.sm', 'utilization.gpu'],
    averaged: ['power.draw', 'utilization.gpu', 'other'],
    gpus: '2,3',
  };

  test('have their last values, and averages of those that are numbers', async () => {
    const { run } = programs(
      '2, 100.00, 1410, 20\n3, [N/A], 900, 40\n',
      '2, 200.00, 1500, 60\n3, [N/A], 950, 50\n',
      null,
    );
    let sampler = nvidiaSampler(60, { ...settings, run })(undefined);
    expect(await sampler.sample(look(100))).toEqual({
      2: {
        power_draw: '100.00',
        clocks_current_sm: '1410',
        utilization_gpu: '20',
        power_draw_average: 100,
        utilization_gpu_average: 20,
        elapsed_time: 0,
      },
      3: {
        power_draw: '[N/A]',
        clocks_current_sm: '900',
        utilization_gpu: '40',
        utilization_gpu_average: 40,
        elapsed_time: 0,
      },
    });
    sampler = nvidiaSampler(60, { ...settings, run })(stored(sampler));
    const last = {
      2: {
        power_draw: '200.00',
        clocks_current_sm: '1500',
        utilization_gpu: '60',
        power_draw_average: 150,
        utilization_gpu_average: 40,
        elapsed_time: 30,
      },
      3: {
        power_draw: '[N/A]',
        clocks_current_sm: '950',
        utilization_gpu: '50',
        utilization_gpu_average: 45,
        elapsed_time: 30,
      },
    };
    expect(await sampler.sample(look(130))).toEqual(last);
    expect(await sampler.sample(look(160))).toBeNull();
    expect(sampler.final()).toEqual(last);
  });

  test.each([[null], ['']])('are not asked for if the job has %p', async (gpus) => {
    const { asked, run } = programs('');
    const sampler = nvidiaSampler(60, { ...settings, gpus, run })(undefined);
    expect([await sampler.sample(look(1)), sampler.final(), asked]).toEqual([null, {}, []]);
  });

  test('are read with blanks at the ends of a line, and left out without an index or a value', () => {
    const text = ' 0 ,  61.02,7 \n1, 5\nx, 5, 6\n2, 5, 6, 7\n,5,6\n3,8,9\n';
    expect(Object.fromEntries(parseGpus(text, ['power.draw', 'utilization.gpu']))).toEqual({
      0: { 'power.draw': '61.02', 'utilization.gpu': '7' },
      3: { 'power.draw': '8', 'utilization.gpu': '9' },
    });
  });
});
