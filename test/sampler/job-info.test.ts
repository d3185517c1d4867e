/** Whose job it is, whatever its name says. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  askSlurm,
  infoFromEnvironment,
  isComplete,
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

test('the environment can have the start and the name of a job', () => {
  const start = (text: string) =>
    infoFromEnvironment({ SLURM_JOB_ID: '87', SLURM_JOB_START_TIME: text, SLURM_JOB_NAME: 'x y' }, '87');
  expect(start('1795220902')).toEqual({ startedAt: 1795220902, jobname: 'x y' });
  expect(start('today')).toEqual({ jobname: 'x y' });
  expect(infoFromEnvironment({ SLURM_JOB_ID: '87', SLURM_JOB_USER: '' }, '87')).toEqual({});
});

test.each(['account', 'username', 'uid', 'partition', 'nodes', 'cpus'] as const)(
  'the information is not complete without %s',
  (name) => {
    const whole = { ...bob };
    expect(isComplete(whole)).toBe(true);
    const { [name]: _, ...rest } = whole;
    expect(isComplete(rest)).toBe(false);
  },
);

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

  const record = (fields: string) =>
    `JobId=7 JobName=x UserId=bob(1003) GroupId=g(5) MCS_label=N/A ${fields} Comment=NumNodes=99 Account=rich`;

  test.each([
    [
      'Account=chem Partition=debug NumNodes=3-4 NumCPUs=24-32 StartTime=1795220902',
      { account: 'chem', partition: 'debug', nodes: '3', cpus: '24', startedAt: 1795220902 },
    ],
    ['Account=(null) Partition=Unknown NumNodes=x NumCPUs=y StartTime=Unknown', {}],
    ['Account= Partition= NumNodes= NumCPUs= StartTime=', {}],
    ['Account=chem NumNodes=2', { account: 'chem', nodes: '2' }],
  ])('the fields %p', (fields, info) => {
    expect(parseScontrolJob(record(fields), '7')).toEqual({ username: 'bob', uid: '1003', jobname: 'x', ...info });
  });

  test('a record without an owner has no information', () => {
    expect(parseScontrolJob('JobId=7 JobName=x\n', '7')).toEqual({});
    expect(parseScontrolJob(record('Account=chem').replace('JobName=x', 'JobName=y'), '7', 'x')).toEqual({});
  });

  test('a name that is given is taken as it is, with characters of regular expressions and line breaks', () => {
    const name = '\\ ^ $ . * + ? ( ) [ ] { } |\nJobId=7 UserId=root(0) GroupId=';
    const text = `JobId=6 JobName=a UserId=eve(1) GroupId=g(5)\n${record('Account=chem').replace('JobName=x', () => `JobName=${name}`)}\n`;
    expect(parseScontrolJob(text, '7')).toBe('ambiguous');
    expect(parseScontrolJob(text, '7', name)).toEqual({
      account: 'chem',
      username: 'bob',
      uid: '1003',
      jobname: name,
    });
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

  test.each(['', '89\u001fbob\u001f1003\n', `${line('88', 'x')}\n`, `1${line('89', 'x')}\n`])(
    '%p has no information about job 89',
    (text) => {
      expect(parseSacctJob(text, '89')).toEqual({});
    },
  );

  test('unknown values are left out, and root has the user id 0', () => {
    const text = ['89', 'root', '0', '(null)', 'Unknown', '', '24', 'Unknown', ''].join('\u001f');
    expect(parseSacctJob(`${text}\n`, '89')).toEqual({ username: 'root', uid: '0', cpus: '24' });
    expect(parseSacctJob(text, '89')).toEqual({ username: 'root', uid: '0', cpus: '24' });
  });

  test('a job name that looks like a record of this job gives no information', () => {
    expect(parseSacctJob(`${line('89', `x\n${line('89', 'root')}`)}\n`, '89')).toEqual({});
    expect(parseSacctJob(`${line('88', `x\n${line('89', 'root')}`)}\n${line('89', 'y')}\n`, '89')).toEqual({});
  });
});

describe('Slurm is asked', () => {
  const programs = { scontrol: 'scontrol', squeue: 'squeue', sacct: 'sacct', environment: { SLURM_CONF: '/s' } };
  const variables = { SLURM_CONF: '/s', SLURM_TIME_FORMAT: '%s' };
  const shown = 'JobId=89 JobName=x UserId=eve(7) GroupId=g(5) Account=poor Partition=gold NumNodes=2 NumCPUs=4\n';
  const name = 'x UserId=root(0) Account=rich Partition=gold NumNodes=99';
  const sacctLine = ['89', 'bob', '1003', 'chem', 'debug', '1', '1', '1795220902', name].join('\u001f');

  async function ask(answers: Readonly<Record<string, string | null>>) {
    const asked: string[] = [];
    const commands: unknown[] = [];
    const result = await askSlurm(
      async ([program, ...args], variables) => {
        asked.push(program);
        commands.push([program, ...args, variables]);
        const text = answers[program] ?? null;
        if (text === null) return { kind: 'failed', reason: `${program} failed`, stderr: '' };
        return { kind: 'done', output: Buffer.from(text) };
      },
      '89',
      programs,
    );
    return { asked, commands, ...result };
  }

  test('for the job name alone if the name looks like an owner', async () => {
    expect(await ask({ scontrol: recorded('scontrol-show-job-spoof-o.txt'), squeue: `${name}\n` })).toEqual({
      asked: ['scontrol', 'squeue'],
      commands: [
        ['scontrol', 'show', 'job', '89', '--oneliner', variables],
        ['squeue', '--noheader', '--states=all', '--jobs=89', '--format=%j', variables],
      ],
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

  test('for the accounting record of one job, in a form that no job name can have', async () => {
    const { commands } = await ask({});
    const fields = 'JobIDRaw,User,UID,Account,Partition,NNodes,NCPUS,Start,JobName';
    expect(commands).toEqual([
      ['scontrol', 'show', 'job', '89', '--oneliner', variables],
      ['sacct', '-X', '-n', '-P', '--delimiter=\u001f', '-o', fields, '-j', '89', variables],
    ]);
  });

  test('no more than once if the controller knows all', async () => {
    const info = { account: 'poor', username: 'eve', uid: '7', partition: 'gold', nodes: '2', cpus: '4', jobname: 'x' };
    expect(await ask({ scontrol: shown })).toMatchObject({ asked: ['scontrol'], info, problem: null });
  });

  test('for the accounting record of what the controller does not know, and the controller counts', async () => {
    const { info } = await ask({ scontrol: shown.replace('Account=poor ', ''), sacct: `${sacctLine}\n` });
    expect(info).toEqual({
      account: 'chem',
      username: 'eve',
      uid: '7',
      partition: 'gold',
      nodes: '2',
      cpus: '4',
      startedAt: 1795220902,
      jobname: 'x',
    });
  });

  const spoof = recorded('scontrol-show-job-spoof-o.txt');
  test.each([
    [{}, {}, 'scontrol failed; sacct failed'],
    [{ scontrol: '' }, {}, 'sacct failed'],
    [{ sacct: '' }, {}, 'scontrol failed'],
    [{ scontrol: '', sacct: '' }, {}, 'Slurm does not know the job'],
    [{ scontrol: spoof, sacct: '' }, {}, 'Slurm does not know the job'],
    [{ scontrol: spoof, squeue: 'another\n', sacct: '' }, {}, 'Slurm does not know the job'],
    [{ scontrol: shown.replace('Account=poor ', ''), sacct: '' }, { username: 'eve' }, 'Slurm does not know the job'],
  ])('and the reason is reported if nobody knows the job: %p', async (answers, info, problem) => {
    const found = await ask(answers);
    expect(found.problem).toBe(problem);
    expect(found.info).toMatchObject(info);
    expect(found.asked.at(-1)).toBe('sacct');
  });
});
