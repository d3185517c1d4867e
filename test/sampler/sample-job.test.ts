/** When a sampler looks at its job, stores a checkpoint and ends, in a time of the test's own. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import * as checkpoints from '../../src/sampler/checkpoint.ts';
import type { Measured } from '../../src/sampler/outputs/output.ts';
import * as prometheus from '../../src/sampler/outputs/prometheus.ts';
import { epoch, testSampling } from './sampling.ts';

let job: ReturnType<typeof testSampling>;
beforeEach(() => {
  job = testSampling();
});
afterEach(() => job.remove());

const gaps = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0));
const seconds = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a job is looked at', () => {
  test('more often at its start: each second, then after a twentieth of its age, then at the interval', async () => {
    job.startJob();
    job.abortAt(2000);
    const short = job.recorder({ id: 'short', intervalSeconds: 60 });
    const long = job.recorder({ id: 'long', intervalSeconds: 80, isShortAtStart: false });
    await job.sample({ samplers: [short, long], collector: '  pid_finder_update_interval: 500' });
    expect(long.times).toEqual([...seconds(25).map((index) => 80 * index), 2000]);
    expect(short.times.slice(0, 22)).toEqual([...seconds(21), 21]);
    const looks = short.times.slice(0, -1);
    for (const [index, gap] of gaps(looks).entries()) {
      expect(gap).toBeCloseTo(Math.min(60, Math.max(1, (looks[index] ?? 0) / 20)), 6);
    }
    expect(short.times.at(-1)).toBe(2000);
  });

  test('as long after its first process, not after the start of the sampler', async () => {
    job.at(100, job.startJob);
    job.abortAt(300);
    const short = job.recorder({ id: 'short' });
    await job.sample({ samplers: [short], collector: '  pid_finder_update_interval: 500' });
    const found = short.seen.findIndex(({ processes }) => processes.length > 0);
    const began = short.times[found] ?? 0;
    expect(began).toBeWithin(100, 106);
    expect(short.times.slice(found + 1, found + 22).map((time) => time - began)).toEqual(
      seconds(21).map((index) => expect.closeTo(index + 1, 6)),
    );
  });

  test('for new processes at the interval of the finder', async () => {
    job.startJob();
    job.abortAt(2000);
    const long = job.recorder({ id: 'long', intervalSeconds: 5000, isShortAtStart: false });
    const { output, sampled } = job.output('a');
    await job.sample({ samplers: [long], outputs: [output], collector: '  pid_finder_update_interval: 30' });
    const looks = sampled.map(([time]) => time).slice(0, -1);
    for (const [index, gap] of gaps(looks).entries()) {
      expect(gap).toBeCloseTo(Math.min(30, Math.max(1, (looks[index] ?? 0) / 20)), 6);
    }
    expect(long.times).toEqual([0, 2000]);
  });

  test('with its processes, its control groups and the time of day', async () => {
    job.startJob();
    job.node.host.count('memory/job_12/cgroup.procs', '');
    job.at(1.5, job.endJob);
    job.abortAt(2.5);
    const { make, seen } = job.recorder({ id: 'a' });
    await job.sample({ samplers: [{ make }] });
    const path = `${job.node.host.machine.controlGroups}/memory/job_12`;
    const groups = { unified: null, byController: new Map([['memory', path]]) };
    expect(seen.map(({ processes, ...rest }) => [processes.length, rest])).toEqual([
      [1, { groups, at: epoch }],
      [1, { groups, at: epoch + 1 }],
      [0, { groups, at: epoch + 2 }],
      [0, { groups, at: epoch + 2.5 }],
    ]);
  });
});

describe('the sampling ends', () => {
  test.each([
    ['of 7 s', 7, '', 13],
    ['of less than 7 s', 6.9999, '', 12],
    ['of the finder for PBS', 600, '  pid_finder: pidfinder.PBS', 8],
  ])('after a grace period %s without a process, and measures once more', async (_, grace, collector, end) => {
    job.startJob();
    job.at(5.5, job.endJob);
    const { make, times } = job.recorder({ id: 'a' });
    const more = 'pidfinder.PBS: { grace_period: 2 }';
    expect(await job.sample({ samplers: [{ make }], grace, collector, more })).toBe(true);
    expect(times).toEqual([...seconds(end + 1), end]);
  });

  test('with a signal, at once, and without a trace on it', async () => {
    job.startJob();
    job.abortAt(3.5);
    const added = spyOn(job.stop.signal, 'addEventListener');
    const removed = spyOn(job.stop.signal, 'removeEventListener');
    const cleared = spyOn(globalThis, 'clearTimeout');
    job.restoreLater(cleared);
    const { make, times } = job.recorder({ id: 'a' });
    expect(await job.sample({ samplers: [{ make }] })).toBe(true);
    expect(times).toEqual([0, 1, 2, 3, 3.5]);
    expect(added.mock.calls).toHaveLength(4);
    expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
      added.mock.calls.map(([type, listener]) => [type, listener]),
    );
    expect(cleared.mock.calls).toEqual([[job.timer], [job.timer], [job.timer], [job.timer]]);
  });

  test('before it began, if the signal came first: it measures once', async () => {
    job.stop.abort();
    const { make, times } = job.recorder({ id: 'a' });
    expect(await job.sample({ samplers: [{ make }] })).toBe(true);
    expect(times).toEqual([0]);
  });
});

describe('the data', () => {
  test('go to the outputs after each look, and those of the whole job at the end', async () => {
    job.startJob();
    job.abortAt(1.5);
    const one = job.recorder({ id: 'one' });
    const none = job.recorder({ id: 'none' }, () => null);
    const outputs = [job.output('a'), job.output('b')];
    await job.sample({ samplers: [one, none], outputs: outputs.map(({ output }) => output) });
    for (const { sampled, written } of outputs) {
      expect(sampled).toEqual([
        [0, { one: { times: 1 } }],
        [1, { one: { times: 2 } }],
        [1.5, { one: { times: 3 } }],
      ]);
      expect(written).toEqual([{ one: { final: 'one' }, none: { final: 'none' } }]);
    }
  });

  test('of a sampler that fails stay those of the last look, and the others are sampled', async () => {
    job.startJob();
    job.abortAt(1.5);
    let looks = 0;
    const bad = job.recorder({ id: 'bad' }, () => {
      looks++;
      if (looks === 2) throw new Error('a file has vanished');
      return { looks };
    });
    const good = job.recorder({ id: 'good' });
    const { output, sampled } = job.output('a');
    expect(await job.sample({ samplers: [bad, good], outputs: [output] })).toBe(true);
    expect(sampled.map(([, data]) => data)).toEqual([
      { bad: { looks: 1 }, good: { times: 1 } },
      { bad: { looks: 1 }, good: { times: 2 } },
      { bad: { looks: 3 }, good: { times: 3 } },
    ]);
    expect(job.node.lines).toEqual(['ERROR bad: a file has vanished; it is sampled again at the next interval']);
  });

  test('stay in the checkpoint for an output that fails', async () => {
    job.stop.abort();
    const full = () => {
      throw new Error('disk full');
    };
    const [bad, good] = [job.output('bad', full), job.output('good')];
    const samplers = [job.recorder({ id: 'a' })];
    expect(await job.sample({ samplers, outputs: [bad.output, good.output] })).toBe(false);
    const file = checkpoints.checkpointFile(job.node.checkpoints, 12, 'n1');
    expect(checkpoints.readCheckpoint(file)).toEqual({
      version: 1,
      job: 12,
      node: 'n1',
      outputs: ['bad'],
      isEnded: true,
      data: { a: { final: 'a' } },
      states: { a: { state: 'a' } },
    });
    expect(job.node.lines).toEqual(['ERROR ✗ job 12: sams.bad: disk full; the next sampler on this node tries again']);
  });

  test('of a sampler that was killed are those that the next one goes on from', async () => {
    job.stop.abort();
    const checkpoint = { job: 12, node: 'n1', outputs: [], isEnded: false, data: {} };
    checkpoints.writeCheckpoint(job.node.checkpoints, { ...checkpoint, states: { a: { state: 'earlier' } } });
    const samplers = [job.recorder({ id: 'a' }), job.recorder({ id: 'b' })];
    await job.sample({ samplers });
    expect(samplers.map(({ states }) => states.at(-1))).toEqual([{ state: 'earlier' }, undefined]);
  });
});

describe('a checkpoint', () => {
  test('is stored after the first look, then at its interval, and before the outputs are written', async () => {
    job.startJob();
    job.abortAt(12.5);
    const stored: unknown[] = [];
    const write = spyOn(checkpoints, 'writeCheckpoint').mockImplementation((directory, checkpoint) => {
      stored.push([job.seconds(), checkpoint.isEnded]);
      expect(directory).toBe(job.node.checkpoints);
      expect(checkpoint).toEqual({
        job: 12,
        node: 'n1',
        outputs: ['a', 'b'],
        isEnded: checkpoint.isEnded,
        data: { one: { final: 'one' } },
        states: { one: { state: 'one' } },
      });
    });
    job.restoreLater(write);
    const outputs = ['a', 'b'].map((id) => job.output(id, () => void stored.push(`written to ${id}`)).output);
    await job.sample({ samplers: [job.recorder({ id: 'one' })], outputs, collector: '  checkpoint_interval: 5' });
    expect(stored).toEqual([[0, false], [5, false], [10, false], [12.5, true], 'written to a', 'written to b']);
  });

  test('is due when its interval is over', async () => {
    job.startJob();
    job.abortAt(3.5);
    const times: number[] = [];
    job.restoreLater(spyOn(checkpoints, 'writeCheckpoint').mockImplementation(() => void times.push(job.seconds())));
    await job.sample({ samplers: [job.recorder({ id: 'one' })], collector: '  checkpoint_interval: 1.9999' });
    expect(times).toEqual([0, 2, 3.5]);
  });

  test('that cannot be stored is an error in the log, and the sampling goes on', async () => {
    job.startJob();
    job.abortAt(1.5);
    job.restoreLater(
      spyOn(checkpoints, 'writeCheckpoint').mockImplementation(() => {
        throw new Error('no space');
      }),
    );
    const { output, written } = job.output('a');
    expect(await job.sample({ outputs: [output] })).toBe(true);
    const line = `ERROR cannot store the checkpoint of job 12 in ${job.node.checkpoints}: no space`;
    expect(job.node.lines).toEqual([line, line]);
    expect(written).toEqual([{}]);
  });
});

describe('a socket for Prometheus', () => {
  const more = 'listener.Prometheus: { socketdir: /sockets }';

  test('has the current data, and is closed at the end', async () => {
    job.startJob();
    job.abortAt(1.5);
    const calls: unknown[] = [];
    const listener = { update: (data: Measured) => void calls.push(data), close: () => void calls.push('closed') };
    const listen = spyOn(prometheus, 'prometheusListener').mockReturnValue(listener);
    job.restoreLater(listen);
    await job.sample({ samplers: [job.recorder({ id: 'a' })], collector: '  listeners: [Prometheus]', more });
    expect(calls).toEqual([{ a: { times: 1 } }, { a: { times: 2 } }, { a: { times: 3 } }, 'closed']);
    expect(listen.mock.calls).toEqual([
      [
        { socketdir: '/sockets', static_map: {}, map: {}, metrics: {} },
        { job: 12, node: 'n1' },
      ],
    ]);
  });

  test('is made only if it is configured', async () => {
    job.stop.abort();
    const listen = spyOn(prometheus, 'prometheusListener');
    job.restoreLater(listen);
    await job.sample({ more });
    expect(listen).not.toHaveBeenCalled();
  });

  test('that cannot be made is an error in the log, and the job is sampled', async () => {
    job.stop.abort();
    job.restoreLater(
      spyOn(prometheus, 'prometheusListener').mockImplementation(() => {
        throw new Error('permission denied');
      }),
    );
    expect(await job.sample({ collector: '  listeners: [Prometheus]', more })).toBe(true);
    expect(job.node.lines).toEqual(['ERROR cannot listen in /sockets: permission denied']);
  });
});
