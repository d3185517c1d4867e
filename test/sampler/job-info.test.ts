/** Whose job it is, whatever its name says. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  askSlurm,
  infoFromEnvironment,
  parseSacctJob,
  parseScontrolJob,
  sumOfCpus,
} from '../../src/sampler/job-info.ts';

const recorded = (name: string) => readFileSync(join(import.meta.dir, '../../fixtures/sampler', name), 'utf8');
const variables = (name: string) =>
  Object.fromEntries(
    recorded(name)
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s, 2)),
  );

const bob = { account: 'chem', username: 'bob', uid: '1003', partition: 'debug', nodes: '1', cpus: '1' };

test('the environment of a prolog has the information, so Slurm is not asked', () => {
  expect(infoFromEnvironment(variables('prolog-env-g02-87.txt'), '87')).toEqual({
    account: 'gpuproj',
    username: 'carol',
    uid: '1004',
    partition: 'gpu',
    nodes: '1',
    cpus: '1',
  });
  expect(infoFromEnvironment(variables('prolog-env-c001-86.txt'), '86')).toMatchObject({ cpus: '2', nodes: '2' });
});

test('the environment of another job is not used', () => {
  expect(infoFromEnvironment(variables('prolog-env-g02-87.txt'), '88')).toEqual({});
});

test.each([
  ['1(x2)', '2'],
  ['4(x2),8', '16'],
  ['16', '16'],
  ['', undefined],
  ['4(x', undefined],
])('the CPUs of %p are %p', (text, sum) => {
  expect(sumOfCpus(text)).toBe(sum as string);
});

describe('scontrol', () => {
  test('a job of two nodes', () => {
    expect(parseScontrolJob(recorded('scontrol-show-job-multi-o.txt'), '15')).toEqual({
      account: 'physics',
      username: 'alice',
      uid: '1002',
      partition: 'compute',
      nodes: '2',
      cpus: '4',
      jobname: 'multistep',
    });
  });

  test('a job name with a line break is kept, and all other fields are read', () => {
    expect(parseScontrolJob(recorded('scontrol-show-job-nl-o.txt'), '24')).toMatchObject({
      account: 'physics',
      username: 'alice',
      jobname: 'new\nline',
    });
  });

  test('a text that could name two owners is ambiguous', () => {
    expect(parseScontrolJob(recorded('scontrol-show-job-spoof-o.txt'), '89')).toBe('ambiguous');
  });

  test('a job name that looks like a record of this job is ambiguous; one that looks like a record of another job is ignored', () => {
    const text = recorded('scontrol-show-job-nl-o.txt');
    const named = (name: string) =>
      parseScontrolJob(text.replace('new\nline', `x\nJobId=${name} UserId=root(0) GroupId=`), '24');
    expect(named('24')).toBe('ambiguous');
    expect(named('25')).toEqual({});
  });

  test.each([
    ['array', '13', { jobname: 'arr', username: 'carol', account: 'chem-org' }],
    ['array', '46', { jobname: 'arr', username: 'carol', account: 'chem-org' }],
    ['het', '33', { jobname: 'het', username: 'alice', cpus: '2' }],
  ])('of several tasks or components (%s) the one of %s', (name, job, info) => {
    expect(parseScontrolJob(recorded(`scontrol-show-job-${name}-o.txt`), job)).toMatchObject(info);
  });

  test.each(['', 'slurm_load_jobs error: Invalid job id specified\n'])('%p has no information', (text) => {
    expect(parseScontrolJob(text, '1')).toEqual({});
  });
});

describe('sacct', () => {
  const line = (job: string, name: string) =>
    [job, 'bob', '1003', 'chem', 'debug', '1', '1', '1795220902', name].join('\u001f');

  test.each(['x', 'two\nlines', 'sep\u001farated', 'UserId=root(0)'])('a job of the name %p', (name) => {
    expect(parseSacctJob(`${line('88', 'other')}\n${line('89', name)}\n${line('90', 'other')}\n`, '89')).toEqual({
      ...bob,
      startedAt: 1795220902,
      jobname: name,
    });
  });

  test('a record that slurmdbd has not completed has no user id', () => {
    expect(parseSacctJob(`${line('89', 'allocation').replace('1003', '0')}\n`, '89').uid).toBeUndefined();
  });

  test('a job name that looks like a record of this job gives no information', () => {
    expect(parseSacctJob(`${line('89', `x\n${line('89', 'root')}`)}\n`, '89')).toEqual({});
    expect(parseSacctJob(`${line('88', `x\n${line('89', 'root')}`)}\n${line('89', 'y')}\n`, '89')).toEqual({});
  });
});

describe('Slurm is asked', () => {
  const programs = { scontrol: 'scontrol', squeue: 'squeue', sacct: 'sacct', environment: {} };
  const name = 'x UserId=root(0) Account=rich Partition=gold NumNodes=99';
  const sacctLine = ['89', 'bob', '1003', 'chem', 'debug', '1', '1', '1795220902', name].join('\u001f');

  async function ask(answers: Readonly<Record<string, string | null>>) {
    const asked: string[] = [];
    const result = await askSlurm(
      async ([program]) => {
        asked.push(program);
        const text = answers[program] ?? null;
        if (text === null) return { kind: 'failed', reason: `${program} failed`, stderr: '' };
        return { kind: 'done', output: Buffer.from(text) };
      },
      '89',
      programs,
    );
    return { asked, ...result };
  }

  test('for the job name alone if the name looks like an owner', async () => {
    expect(await ask({ scontrol: recorded('scontrol-show-job-spoof-o.txt'), squeue: `${name}\n` })).toEqual({
      asked: ['scontrol', 'squeue'],
      info: { ...bob, jobname: name },
      problem: null,
    });
  });

  test('for the accounting record if the controller does not answer', async () => {
    expect(await ask({ sacct: `${sacctLine}\n` })).toMatchObject({
      asked: ['scontrol', 'sacct'],
      info: bob,
      problem: null,
    });
  });

  test('and the reason is reported if neither the controller nor the accounting answers', async () => {
    expect(await ask({})).toEqual({ asked: ['scontrol', 'sacct'], info: {}, problem: 'scontrol failed; sacct failed' });
  });
});
