/** Checkpoints, and the data that an output does not have yet. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as http from '../../src/lib/http.ts';
import {
  type Checkpoint,
  checkpointFile,
  checkpointsOf,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from '../../src/sampler/checkpoint.ts';
import { finishEarlier } from '../../src/sampler/finish-earlier.ts';
import type { JobPlace } from '../../src/sampler/modules.ts';
import type { Output } from '../../src/sampler/outputs/output.ts';
import { keepUnwritten, writeAll } from '../../src/sampler/write-outputs.ts';
import { type TestNode, testNode } from './node.ts';

let node: TestNode;
beforeEach(() => {
  node = testNode();
});
afterEach(() => node.remove());

const checkpointOf = (job: number | string, more: Partial<Checkpoint> = {}): Omit<Checkpoint, 'version'> => ({
  job,
  node: 'n1',
  outputs: ['output.File'],
  isEnded: true,
  data: { 'sams.sampler.Core': { jobid: job, node: 'n1' } },
  states: { 'sams.sampler.Core': null },
  ...more,
});
const store = (job: number | string, more: Partial<Checkpoint> = {}) =>
  writeCheckpoint(node.checkpoints, checkpointOf(job, more));
const stored = () => readdirSync(node.checkpoints).sort();

describe('a checkpoint', () => {
  test('is read as it was written, by its job and node, and only its user can read it', () => {
    const directory = join(node.directory, 'a/b');
    const umask = process.umask(0);
    try {
      writeCheckpoint(directory, checkpointOf('12[3]', { outputs: ['a', 'b'], isEnded: false }));
    } finally {
      process.umask(umask);
    }
    const file = checkpointFile(directory, '12[3]', 'n1');
    expect(file).toBe(join(directory, '12[3].n1.checkpoint.json'));
    expect(readCheckpoint(file)).toEqual({
      version: 1,
      ...checkpointOf('12[3]', { outputs: ['a', 'b'], isEnded: false }),
    });
    expect([directory, file].map((path) => (statSync(path).mode & 0o777).toString(8))).toEqual(['700', '600']);
    removeCheckpoint(directory, { job: '12[3]', node: 'n1' });
    expect(readdirSync(directory)).toEqual([]);
    removeCheckpoint(directory, { job: '12[3]', node: 'n1' });
  });

  test.each(['{', '{}', JSON.stringify({ version: 2, ...checkpointOf(1) })])('is not read from %p', (text) => {
    const file = join(node.directory, 'x.checkpoint.json');
    writeFileSync(file, text);
    expect(readCheckpoint(file)).toBeNull();
  });

  test('of another node, a damaged one and another file are not those of this node', () => {
    expect(checkpointsOf(node.checkpoints, 'n1')).toEqual([]);
    store(1);
    store(2, { node: 'n2' });
    store(3);
    writeFileSync(join(node.checkpoints, '4.n1.checkpoint.json'), '{');
    writeFileSync(join(node.checkpoints, '5.n1.json'), JSON.stringify({ version: 1, ...checkpointOf(5) }));
    expect(
      checkpointsOf(node.checkpoints, 'n1')
        .map(({ job }) => job)
        .sort(),
    ).toEqual([1, 3]);
  });
});

/** An output that fails the first times. */
function output(id: string, failures: number, retries = 0): Output & { readonly written: unknown[] } {
  const written: unknown[] = [];
  let attempts = 0;
  return {
    id,
    retries,
    pauseSeconds: 7,
    written,
    async write(data) {
      attempts++;
      if (attempts <= failures) throw new Error(`${id} is full`);
      written.push(data);
    },
  };
}

describe('writing', () => {
  const data = { 'sams.sampler.Core': { jobid: 12, node: 'n1' } };
  const words = (id: string) => `ERROR ✗ job 12: sams.${id}: ${id} is full; the next sampler on this node tries again`;

  test('is only to the outputs that do not have the data, and names those that fail', async () => {
    const outputs = [output('a', 1), output('b', 0), output('c', 0), output('d', 1)];
    expect(await writeAll(node.place(), { outputs, data, pending: ['a', 'b', 'd', 'gone'] })).toEqual(['a', 'd']);
    expect(outputs.map(({ written }) => written)).toEqual([[], [data], [], []]);
    expect(node.lines).toEqual([words('a'), words('d')]);
  });

  test.each([
    [2, 2, [], [7000, 7000]],
    [3, 2, ['a'], [7000, 7000]],
    [1, 0, ['a'], []],
  ])('that fails %p times with %p retries', async (failures, retries, failed, pauses) => {
    const waits: unknown[] = [];
    const sleep = spyOn(Bun, 'sleep').mockImplementation(async (milliseconds) => void waits.push(milliseconds));
    try {
      const outputs = [output('a', failures, retries)];
      expect(await writeAll(node.place(), { outputs, data, pending: ['a'] })).toEqual(failed);
      expect(waits).toEqual(pauses);
    } finally {
      sleep.mockRestore();
    }
  });
});

describe('data that outputs do not have', () => {
  const keep = (outputs: readonly string[], collector = '') =>
    keepUnwritten(node.settings(collector), node.place(), checkpointOf(12), outputs);

  test('are kept in the checkpoint, which is removed when all have them', () => {
    keep(['b', 'c']);
    expect(readCheckpoint(checkpointFile(node.checkpoints, 12, 'n1'))).toEqual({
      version: 1,
      ...checkpointOf(12, { outputs: ['b', 'c'] }),
    });
    keep([]);
    expect([stored(), node.lines]).toEqual([[], []]);
  });

  test('and cannot be stored are lost, and the log says so', () => {
    writeFileSync(node.checkpoints, 'a file');
    keep(['b']);
    expect(node.lines).toEqual([
      expect.stringMatching(/^ERROR ✗ job 12: its data cannot be stored in \S+\/checkpoints either \(lost\): .*exist/),
    ]);
  });

  test('and cannot be stored are those of the last checkpoint', () => {
    const directory = checkpointFile(node.checkpoints, 12, 'n1');
    mkdirSync(directory, { recursive: true });
    keep(['b']);
    expect(node.lines).toEqual([
      expect.stringMatching(/checkpoints either \(those of the last checkpoint are kept\): .*directory/),
    ]);
  });
});

describe('the data of earlier jobs', () => {
  const files = () =>
    existsSync(join(node.directory, 'data')) ? readdirSync(join(node.directory, 'data')).sort() : [];
  const writing = (job: number | string) => `INFO Writing the data of job ${job}, whose sampler did not write them`;
  let released: (number | string)[];
  beforeEach(() => {
    released = [];
  });

  const lockAll = (job: number | string) => ({ release: () => void released.push(job) });
  async function finish(
    more: { place?: Partial<JobPlace>; lock?: Parameters<typeof finishEarlier>[2]; collector?: string } = {},
  ) {
    const settings = node.settings(
      `  outputs: [Http, File]\n${more.collector ?? ''}`,
      `output.File: { base_path: ${node.directory}/data }\noutput.Http: { uri: 'http://sams.example.org' }`,
    );
    await finishEarlier(settings, node.place(more.place), more.lock ?? lockAll);
  }

  test('are written if the job has ended, and their checkpoints removed', async () => {
    store(7);
    store('8[1]', { isEnded: false });
    await finish();
    expect([files(), stored()]).toEqual([['7.n1.json', '8[1].n1.json'], []]);
    expect(readFileSync(join(node.directory, 'data/7.n1.json'), 'utf8')).toBe(
      '{"sams.sampler.Core":{"jobid":7,"node":"n1"}}',
    );
    expect(node.lines.toSorted()).toEqual([writing(7), writing('8[1]')]);
    expect(released.map(String).sort()).toEqual(['7', '8[1]']);
  });

  test('stay if it is this job, that of another node, or a sampler of it runs', async () => {
    store(12);
    store(8);
    store(9, { node: 'n2' });
    await finish({ lock: (job) => (job === 8 ? null : lockAll(job)) });
    expect(stored()).toEqual(['12.n1.checkpoint.json', '8.n1.checkpoint.json', '9.n2.checkpoint.json']);
    expect([files(), node.lines, released]).toEqual([[], [], []]);
  });

  test.each([
    [false, '7', '', []],
    [true, '7', '', ['7.n1.json']],
    [false, '6', '', ['7.n1.json']],
    [false, 'session', '  pid_finder: pidfinder.PBS', []],
    [false, 'session', '', ['7.n1.json']],
  ])('that has ended (%p), with a process of job %s', async (isEnded, job, collector, written) => {
    const isSession = job === 'session';
    node.host.run({
      pid: 5,
      program: '/bin/a',
      user: 1,
      system: 1,
      groups: isSession ? {} : { memory: `/job_${job}/step_0` },
      environment: isSession ? 'PBS_JOBID=7.pbs\0' : '',
    });
    store(7, { isEnded });
    await finish({ collector });
    expect([files(), released]).toEqual([written, [7]]);
  });

  test('that another sampler has written meanwhile are not written again', async () => {
    store(7);
    const lock = (job: number | string) => {
      rmSync(checkpointFile(node.checkpoints, job, 'n1'));
      return lockAll(job);
    };
    await finish({ lock });
    expect([files(), node.lines, released]).toEqual([[], [], [7]]);
  });

  test('are given to an output once, and stay for it if it fails; it is not tried for the next job', async () => {
    const send = spyOn(http, 'send').mockResolvedValue({
      kind: 'none',
      reason: 'refused',
      failure: 'refused',
      neverSent: true,
    });
    try {
      for (const job of [7, 8]) store(job, { outputs: ['output.File', 'output.Http'] });
      store(9);
      await finish();
      expect(send).toHaveBeenCalledTimes(1);
    } finally {
      send.mockRestore();
    }
    expect(files()).toEqual(['7.n1.json', '8.n1.json', '9.n1.json']);
    expect(stored()).toEqual(['7.n1.checkpoint.json', '8.n1.checkpoint.json']);
    for (const job of [7, 8]) {
      expect(readCheckpoint(checkpointFile(node.checkpoints, job, 'n1'))).toEqual({
        version: 1,
        ...checkpointOf(job, { outputs: ['output.Http'] }),
      });
    }
    const failed = node.lines.filter((line) => line.startsWith('ERROR'));
    expect(failed).toEqual([
      expect.stringMatching(
        /^ERROR ✗ job [78]: sams\.output\.Http: sams\.example\.org: refused; the next sampler on this node tries again$/,
      ),
    ]);
  });

  test('stay for all outputs that fail, without retries', async () => {
    const send = spyOn(http, 'send').mockRejectedValue(new Error('broken'));
    try {
      for (const job of [7, 8]) store(job, { outputs: ['output.Http', 'output.File'] });
      writeFileSync(join(node.directory, 'data'), 'no directory');
      await finish();
      expect(send).toHaveBeenCalledTimes(1);
    } finally {
      send.mockRestore();
    }
    for (const job of [7, 8]) {
      const { outputs = [] } = readCheckpoint(checkpointFile(node.checkpoints, job, 'n1')) ?? {};
      expect(outputs.toSorted()).toEqual(['output.File', 'output.Http']);
    }
    expect(node.lines.filter((line) => line.startsWith('ERROR'))).toHaveLength(2);
  });

  test('stay, and the lock is released, if an error ends the writing', async () => {
    store(7);
    const machine = {
      controlGroups: '/',
      get proc(): string {
        throw new Error('no /proc');
      },
    };
    await expect(finish({ place: { machine } })).rejects.toThrow('no /proc');
    expect([stored(), released]).toEqual([['7.n1.checkpoint.json'], [7]]);
  });
});
