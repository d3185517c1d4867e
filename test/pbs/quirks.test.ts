/** What the two JSON encoders of OpenPBS do to values, on output of a real server with hostile users. */

import { describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Executor } from '../../src/exec/command.ts';
import type { JobRecord } from '../../src/lib/records.ts';
import { bytesOf, captureOf, recordOf } from '../support/captures.ts';
import { recordingOf } from '../support/collected.ts';
import { damagedIn, jobsFrom, jobsIn, nodesFrom, nodesIn } from '../support/pbs.ts';
import { fixtures } from '../support/systems.ts';

const encoders = [
  ['new encoder', 'nasty'],
  ['old encoder', 'nasty-old-encoder'],
] as const;

describe.each(encoders)('the %s', (_, recording) => {
  const jobs = jobsFrom(recordingOf(recording));
  const jobNamed = async (number: number) => (await jobs).given.find(({ id }) => id === `${number}.nasty-pbs`);

  test('has captures that are not JSON, or not UTF-8', () => {
    const bytes = readFileSync(join(fixtures, recording, 'qstat-f.json'));
    expect(() => JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes))).toThrow();
  });

  test('loses no record', async () => {
    expect((await jobs).given).toHaveLength(46);
    expect(damagedIn(await jobs)).toBe(0);
  });

  test.each([
    ['that looks like a number with zeros in front', 0, '0012345'],
    ['that looks like a number with an exponent (bare 1e5)', 1, '1e5'],
    ['of twenty digits (bare)', 2, '12345678901234567890'],
    ['NaN (bare)', 3, 'NaN'],
    ['null', 4, 'null'],
    ['false', 5, 'false'],
    ['that looks like a negative number (bare)', 6, '-5'],
    ['in quotes (unescaped)', 7, '"quoted"'],
    ['with a blank', 31, 'a b'],
    ['that looks like an object', 32, '{"a":1}'],
    ['with a backslash (unescaped)', 33, 'ba\\ck'],
    ['with bytes over 127 (mangled to ^ and a control character)', 34, 'proj_µé'],
    ['that looks like an array', 35, '[1,2]'],
  ])('gives an account %s as it was given', async (_, number, account) => {
    expect((await jobNamed(number))?.project).toBe(account);
  });

  test.each([
    ['with zeros in front', 10, '0077'],
    ['with an exponent (bare 1E3)', 11, '1E3'],
    ['with a blank', 12, 'my project'],
  ])('gives a project %s where there is no account', async (_, number, project) => {
    expect((await jobNamed(number))?.project).toBe(project);
  });

  test('names no project where PBS put its own default', async () => {
    expect((await jobNamed(8))?.project).toBeNull();
  });

  test.each([
    ['a comment that is a number', 0],
    ['a comment 0012', 1],
    ['a comment null', 2],
    ['a comment true', 3],
    ['a comment already quoted', 4],
    ['a comment that is an object', 5],
    ['a comment that begins an array', 6],
    ['a comment of two lines', 7],
    ['a comment with a tab and control characters', 8],
    ['a comment with a quote and a backslash', 9],
    ['a comment in UTF-8', 10],
    ['a comment that is no UTF-8', 11],
    ['a comment 1e5', 12],
    ['a comment -0', 13],
    ['a comment with blanks around a number', 14],
    ['a comment 1e400', 15],
    ['a comment that ends with a backslash', 16],
    ['a comment 9007199254740993', 17],
    ['an environment with a variable twice', 18],
    ['environments that swallow the next variable', 36],
    ['an environment with quotes', 37],
    ['an environment with backslashes', 38],
    ['a resource of more than 64 bits', 25],
    ['a name Infinity', 6],
    ['a name 0x1F', 7],
  ])('reads a job whole that has %s', async (_, number) => {
    const job = await jobNamed(number);
    expect(job).toMatchObject({ user: 'rfeynman', queues: ['workq'], running: 1, cores: 1, gpus: 0 });
    expect(['n1', 'n2', '1e5']).toContain(job?.hosts?.[0] ?? '');
  });

  test('returns hosts whose names look like numbers unchanged', async () => {
    expect((await jobNamed(27))?.hosts).toEqual(['n2', '1e5']);
  });

  test('gives an array by its subjobs, without hosts', async () => {
    const array = (await jobs).given.find(({ id }) => id === '21[].nasty-pbs');
    expect(array).toMatchObject({ running: 4, pending: 0, held: 0, cores: 1, hosts: null });
  });

  test('gives nodes whose comments and resources are anything', async () => {
    const { given, probed } = await nodesFrom(recordingOf(recording));
    expect(probed.kind).toBe('done');
    expect(given.map(({ name, state, cores, jobs }) => [name, state, cores, jobs.length])).toEqual([
      ['n1', 'allocated', 16, 16],
      ['n2', 'allocated', 16, 15],
      ['1e5', 'allocated', 16, 14],
    ]);
  });

  test('prints environments that nothing keeps', async () => {
    expect(readFileSync(join(fixtures, recording, 'qstat-f.json'), 'latin1')).toContain('PBS_O_HOME');
    expect(JSON.stringify((await jobs).given)).not.toMatch(/PBS_O|\/home\/|Variable_List/);
  });
});

/** A recording, whatever host its commands were run on. */
function asked(recording: string, host: string): Executor {
  const replayed = recordingOf(recording);
  return { start: (command) => replayed.start({ ...command, host }) };
}

test.each(['derecho', 'casper', 'nasty'])('both encoders give the same jobs and nodes of %s', async (name) => {
  const [fromNew, fromOld] = [asked(name, name), asked(`${name}-old-encoder`, name)];
  expect((await jobsFrom(fromNew)).given.length).toBeGreaterThan(40);
  expect((await jobsFrom(fromOld)).given).toEqual((await jobsFrom(fromNew)).given);
  // A resource `0012` is 12 in the new encoder, and nothing tells it from one that is.
  const counted = ({ given }: Awaited<ReturnType<typeof nodesFrom>>) =>
    given.map(({ resources, ...node }) => (name === 'nasty' ? node : { ...node, resources }));
  expect(counted(await nodesFrom(fromOld))).toEqual(counted(await nodesFrom(fromNew)));
});

const jobCapture = captureOf('nasty', 'qstat-f.json');
const nodeCapture = captureOf('casper', 'pbsnodes-aj.json');

/** The first job of the capture with something else in place of one line's value. */
async function jobWith(field: string, value: string): Promise<JobRecord | null> {
  const record = recordOf(jobCapture, '0.nasty-pbs');
  const changed = record.replace(
    new RegExp(`("${field}":\t).*?(,?)\n`),
    (_, name, comma) => `${name}${value}${comma}\n`,
  );
  expect(changed).not.toBe(record);
  return (await jobsIn(bytesOf(jobCapture, [changed]))).given[0] ?? null;
}

describe('a value whose type the new encoder changed', () => {
  test.each([
    ['Account_Name', '12', { project: '12' }],
    ['Account_Name', '1.5', { project: '1.5' }],
    ['Account_Name', 'true', { project: 'true' }],
    ['Account_Name', '[1]', { project: '[1]' }],
    ['Account_Name', '"  spaced  "', { project: 'spaced' }],
    ['Account_Name', '""', { project: null }],
    ['Account_Name', 'null', { project: null }],
    ['Account_Name', '{\n\t\t\t\t"a":\t1\n\t\t\t}', { project: null }],
    ['Job_Owner', '"caf\xe9@host"', { user: 'caf\ufffd' }],
    ['Job_Owner', '"caf\xc3\xa9@host"', { user: 'café' }],
    ['Job_Owner', '12', { user: '12' }],
    ['queue', '7', { queues: ['7'] }],
    ['queue', '"\\u0077orkq"', { queues: ['workq'] }],
    ['ncpus', '"2"', { cores: 2 }],
    ['exec_host', '"n1/0*128+n2/1"', { hosts: ['n1', 'n2'] }],
    ['exec_host', '"n1+n2/1"', { hosts: ['n1', 'n2'] }],
    ['exec_host', 'null', { hosts: [] }],
  ])('%s %s is read right', async (field, value, expected) => {
    // Only the second ncpus is what the job asks for.
    const job = field === 'ncpus' ? await jobAsking(value) : await jobWith(field, value);
    expect(job).toMatchObject(expected);
  });

  test('a resource whose name has a quote does not affect other values', async () => {
    const record = recordOf(jobCapture, '0.nasty-pbs');
    const changed = record.replace(/("Resource_List":\t\{\n)/, '$1\t\t\t\t"a"b":\t"c"d",\n\t\t\t\t"ngpus":\t3,\n');
    expect((await jobsIn(bytesOf(jobCapture, [changed]))).given).toMatchObject([{ cores: 1, gpus: 3 }]);
  });

  test('the last value of a repeated field counts', async () => {
    const record = recordOf(jobCapture, '0.nasty-pbs');
    const changed = record.replace(/(\t\t\t"queue":\t)"workq",\n/, '$1"workq",\n$1"other",\n');
    expect((await jobsIn(bytesOf(jobCapture, [changed]))).given).toMatchObject([{ queues: ['other'] }]);
  });

  const jobAsking = async (ncpus: string) => {
    const record = recordOf(jobCapture, '0.nasty-pbs');
    const changed = record.replace(/("Resource_List":\t\{\n\t*"ncpus":\t)1/, `$1${ncpus}`);
    return (await jobsIn(bytesOf(jobCapture, [changed]))).given[0] ?? null;
  };

  test.each([
    ['Job_Owner', 'null', 'has no Job_Owner'],
    ['Job_Owner', '"@host"', 'has no Job_Owner'],
    ['Job_Owner', '"rfeynman', 'has no Job_Owner'],
    ['job_state', 'null', 'has no job_state'],
    ['queue', '[]', null],
    ['queue', '""', 'has no queue'],
  ])('%s %s costs at most that job', async (field, value, problem) => {
    const record = recordOf(jobCapture, '1.nasty-pbs');
    const changed = record.replace(
      new RegExp(`("${field}":\t).*?(,?)\n`),
      (_, name, comma) => `${name}${value}${comma}\n`,
    );
    const result = await jobsIn(bytesOf(jobCapture, [changed, recordOf(jobCapture, '2.nasty-pbs')]));
    const problems = result.probed.kind === 'done' ? result.probed.damaged.first.map((damage) => damage.problem) : [];
    expect(problems).toEqual(problem === null ? [] : [problem]);
    expect(result.given.at(-1)?.id).toBe('2.nasty-pbs');
  });
});

describe('a node', () => {
  test.each([
    ['free', 'available'],
    ['idle', 'available'],
    ['free,resv-exclusive', 'reserved'],
    ['resv-exclusive', 'reserved'],
    ['job-exclusive,resv-exclusive', 'reserved'],
    ['job-busy', 'allocated'],
    ['job-exclusive', 'allocated'],
    ['offline', 'down'],
    ['offline,job-busy', 'down'],
    ['offline,resv-exclusive', 'down'],
    ['state-unknown,down,job-exclusive', 'down'],
    ['state-unknown', 'down'],
    ['stale', 'down'],
    ['unresolvable', 'down'],
    ['down,offline', 'down'],
    ['provisioning', 'other'],
    ['maintenance', 'reserved'],
    ['maintenance,offline', 'down'],
    ['busy', 'other'],
  ] as const)('in state %s is %s', async (state, expected) => {
    const record = recordOf(nodeCapture, 'crhtc01').replace(/("state":\t)"[^"]*"/, `$1"${state}"`);
    expect((await nodesIn(bytesOf(nodeCapture, [record]))).given[0]?.state).toBe(expected);
  });

  test('counts a job once however often it is listed', async () => {
    const record = recordOf(nodeCapture, 'crhtc01').replace(/("jobs":\t).*/, '$1["1.casper", "2.casper", "1.casper"],');
    expect((await nodesIn(bytesOf(nodeCapture, [record]))).given[0]?.jobs).toEqual(['1.casper', '2.casper']);
    // It is so in a real one.
    const text = readFileSync(join(fixtures, 'derecho', 'pbsnodes-aj.json'), 'latin1');
    const lists = [...text.matchAll(/"jobs":\t(\[.*\])/g)].map((match) => JSON.parse(match[1] ?? '[]') as string[]);
    expect(lists.some((list) => new Set(list).size < list.length)).toBe(true);
  });

  test('that has reported nothing yet is counted, without cores', async () => {
    const { given, probed } = await nodesFrom(asked('empty-without-jobs', 'empty'));
    expect(probed.kind).toBe('done');
    expect(given.map(({ name, state, cores, memoryGib }) => [name, state, cores, memoryGib])).toEqual([
      ['n1', 'down', 0, 0],
      ['n2', 'down', 0, 0],
      ['1e5', 'down', 0, 0],
    ]);
  });

  test('leaves out assigned resources that are 0', async () => {
    const record = recordOf(nodeCapture, 'crhtc01').replace(/("resources_assigned":\t\{)[^}]*(\t\t\t\})/, '$1\n$2');
    const [node] = (await nodesIn(bytesOf(nodeCapture, [record]))).given;
    expect(node).toMatchObject({ coresAllocated: 0, gpusAllocated: 0, memoryAllocatedGib: 0 });
  });
});
