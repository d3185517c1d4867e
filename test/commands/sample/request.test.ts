/** The arguments of `sample`: what prologs and people write, and what is refused. */

import { expect, test } from 'bun:test';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { sampleRequest } from '../../../src/commands/sample/request.ts';

const requested = (flags: Partial<Parameters<typeof sampleRequest>[0]>, variables: Record<string, string> = {}) => {
  const before = process.env.SLURMD_NODENAME;
  delete process.env.SLURMD_NODENAME;
  Object.assign(process.env, variables);
  try {
    return sampleRequest({ _: [], jobid: '12', ...flags } as Parameters<typeof sampleRequest>[0]);
  } finally {
    delete process.env.SLURMD_NODENAME;
    if (before !== undefined) process.env.SLURMD_NODENAME = before;
  }
};

test('the job is enough', () => {
  expect(requested({})).toEqual({
    configFile: '/etc/hpc-collector/sample.yaml',
    job: 12,
    node: hostname().split('.')[0] ?? '',
    isDaemon: false,
    pidFile: null,
    logFile: null,
    logLevel: null,
    testOutput: null,
  });
});

test('files are named by their full path, because a daemon works in another directory', () => {
  const here = (file: string) => join(process.cwd(), file);
  expect(
    requested({
      ...{ config: 'c.yaml', pidfile: 'p', logfile: 'l', 'test-output': 't.json' },
      ...{ node: 'c001', daemon: true, loglevel: 'DEBUG' },
    }),
  ).toEqual({
    configFile: here('c.yaml'),
    job: 12,
    node: 'c001',
    isDaemon: true,
    pidFile: here('p'),
    logFile: here('l'),
    logLevel: 'DEBUG',
    testOutput: here('t.json'),
  });
});

test('the node is the given one, otherwise the one of slurmd', () => {
  const ofSlurm = { SLURMD_NODENAME: 'c002' };
  expect([requested({}, ofSlurm).node, requested({ node: 'c.1_a-B' }, ofSlurm).node]).toEqual(['c002', 'c.1_a-B']);
  for (const node of ['', '.c', '-c', 'c/1', 'c 1'])
    expect(() => requested({ node })).toThrow(
      `--node ${node} is not the name of a node: give letters, digits, dots and dashes`,
    );
  expect(() => requested({ node: 'c'.repeat(79).concat('//x') })).toThrow(`--node ${'c'.repeat(79)}/… is not`);
});

test.each([
  ['1', 1],
  ['123456789012345', 123_456_789_012_345],
  ['12.server', 12],
  ['12[3]', '12[3]'],
  ['12[34].pbs-1.example.org', '12[34]'],
])('the job %s is %p', (jobid, job) => {
  expect(requested({ jobid }).job).toBe(job);
});

test.each([
  [
    '12_3',
    '--jobid 12_3 is an array id: give the number of this task, SLURM_JOB_ID in its environment or JobIDRaw of sacct',
  ],
  ['_3', '--jobid _3 is not the number of a job: give one such as 12345'],
  ['x12', '--jobid x12 is not the number of a job: give one such as 12345'],
  ['1234567890123456', '--jobid 1234567890123456 is not the number of a job: give one such as 12345'],
  ['12[]', '--jobid 12[] is not the number of a job: give one such as 12345'],
  ['12/3', '--jobid 12/3 is not the number of a job: give one such as 12345'],
  ['12.', '--jobid 12. is not the number of a job: give one such as 12345'],
  [`1${'x'.repeat(60)}`, `--jobid 1${'x'.repeat(59)}… is not the number of a job: give one such as 12345`],
  [
    `1_${'x'.repeat(59)}`,
    `--jobid 1_${'x'.repeat(58)}… is an array id: give the number of this task, SLURM_JOB_ID in its environment or JobIDRaw of sacct`,
  ],
])('the job %s is refused', (jobid, reason) => {
  expect(() => requested({ jobid })).toThrow(new RegExp(`^${reason.replace(/[[\]/.]/g, '\\$&')}$`));
});

test('a job must be given', () => {
  const args = { _: [] } as unknown as Parameters<typeof sampleRequest>[0];
  expect(() => sampleRequest(args)).toThrow(/^hpc-collector sample needs --jobid: give the number of the job$/);
});
