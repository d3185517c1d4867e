/** Sums over sampled jobs, and software by the path of its programs. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { noSoftwareRules, readSoftwareRules, softwareRules } from '../../src/config/software-rules.ts';
import { measuredInFiles } from '../../src/sampler/report/files.ts';
import { reportRows, type Subject } from '../../src/sampler/report/sums.ts';
import { temporaryDirectory } from '../support/files.ts';
import { memoryLog } from '../support/memory-log.ts';

let directory: string;
let remove: () => void;
let lines: string[];
beforeEach(() => {
  ({ path: directory, remove } = temporaryDirectory());
});
afterEach(() => remove());

function put(name: string, job: number, node: string, execs: object, more: object = {}): void {
  const info = { account: 'physics', username: job < 20 ? 'alice' : 'bob' };
  const software = { execs, start_time: 1, end_time: 2, ...more };
  const file = {
    'sams.sampler.Core': { jobid: job, node },
    'sams.sampler.SlurmInfo': info,
    'sams.sampler.Software': software,
  };
  writeFileSync(join(directory, name), JSON.stringify(file));
}

function rows(subject: Subject, rules = softwareRules(noSoftwareRules)) {
  const memory = memoryLog();
  lines = memory.lines;
  return reportRows(measuredInFiles(directory, memory.log), subject, rules);
}

const time = (user: number, system = 0) => ({ user, system });

test('by user and project has the CPU time with untracked time, and the number of jobs', async () => {
  mkdirSync(join(directory, '0'));
  put('0/12.c001.json', 12, 'c001', { '/bin/a': time(10, 5) }, { untracked: time(5) });
  put('0/12.c002.json', 12, 'c002', { '/bin/a': time(20) });
  put('30.c001.json', 30, 'c001', { '/bin/b': time(10) });
  expect(await rows('user')).toEqual([
    { name: 'alice', version: '', jobs: 1, cpuSeconds: 40, share: 80 },
    { name: 'bob', version: '', jobs: 1, cpuSeconds: 10, share: 20 },
  ]);
  expect(await rows('project')).toMatchObject([{ name: 'physics', jobs: 2, cpuSeconds: 50, share: 100 }]);
  expect(await rows('job')).toMatchObject([{ name: '12' }, { name: '30' }]);
});

test('by software has a row for untracked time', async () => {
  put('12.c001.json', 12, 'c001', { '/bin/a': time(3) }, { untracked: time(1) });
  expect(await rows('software')).toMatchObject([
    { name: '/bin/a', share: 75 },
    { name: '(untracked)', share: 25 },
  ]);
});

test('two files of one job and node count once, and a file that is not a sample is named', async () => {
  put('12.c001.json', 12, 'c001', { '/bin/a': time(3) });
  put('old-12.c001.json', 12, 'c001', { '/bin/a': time(3) });
  writeFileSync(join(directory, 'broken.json'), '{');
  expect(await rows('job')).toMatchObject([{ name: '12', cpuSeconds: 3 }]);
  expect(lines).toEqual([expect.stringMatching(/WARN .*broken\.json is left out: it is not a file of a sampler/)]);
});

test('is ordered by CPU time and then by name, and has each version of a software on its own', async () => {
  const rules = (path: string) => {
    const [, software = '', version = ''] = path.split('/');
    return { software, version, isUserProvided: false };
  };
  put('1.n.json', 1, 'n', { '/b/1': time(2.004, 1), '/c/1': time(3), '/a/1': time(3), '/d/1': time(3) });
  put('2.n.json', 2, 'n', { '/b/1': time(0.25), '/b/2': time(9) }, { untracked: time(1.5, 2.25) });
  expect(await rows('software', rules)).toEqual([
    { name: 'b', version: '2', jobs: 1, cpuSeconds: 9, share: 35.99 },
    { name: '(untracked)', version: '', jobs: 1, cpuSeconds: 3.75, share: 15 },
    { name: 'b', version: '1', jobs: 2, cpuSeconds: 3.25, share: 13.01 },
    { name: 'a', version: '1', jobs: 1, cpuSeconds: 3, share: 12 },
    { name: 'c', version: '1', jobs: 1, cpuSeconds: 3, share: 12 },
    { name: 'd', version: '1', jobs: 1, cpuSeconds: 3, share: 12 },
  ]);
  expect(await rows('job', rules)).toEqual([
    { name: '2', version: '', jobs: 1, cpuSeconds: 13, share: 51.99 },
    { name: '1', version: '', jobs: 1, cpuSeconds: 12, share: 48.01 },
  ]);
});

test('of jobs without CPU time, whose owner is not known, has shares of 0', async () => {
  for (const job of [30, 4]) {
    writeFileSync(join(directory, `${job}.json`), JSON.stringify({ 'sams.sampler.Core': { jobid: job, node: 'n' } }));
  }
  const unknown = { name: 'unknown', version: '', jobs: 2, cpuSeconds: 0, share: 0 };
  expect([await rows('user'), await rows('project'), await rows('software')]).toEqual([[unknown], [unknown], []]);
  expect((await rows('job')).map(({ name }) => name)).toEqual(['30', '4']);
});

test('has the last file by name of a job and node, and each node of a job', async () => {
  put('a-12.json', 12, 'n1', { '/bin/a': time(1) });
  put('c-12.json', 12, 'n1', { '/bin/a': time(40) });
  put('b-12.json', 12, 'n1', { '/bin/a': time(7) });
  put('a-12-n2.json', 12, 'n2', { '/bin/a': time(200) });
  expect(await rows('job')).toMatchObject([{ name: '12', jobs: 1, cpuSeconds: 240 }]);
});

describe('a file', () => {
  const valid = { 'sams.sampler.Core': { jobid: 12, node: 'n' } };

  test.each([
    ['broken.json', '{', 'it is not a file of a sampler'],
    ['other.json', '{"sams.sampler.Core":{"jobid":12}}', 'it is not a file of a sampler'],
  ])('%s with %s is left out with a warning', async (name, text, words) => {
    writeFileSync(join(directory, name), text);
    expect(await rows('job')).toEqual([]);
    expect(lines).toEqual([`WARN ${join(directory, name)} is left out: ${words}`]);
  });

  test('that cannot be read is left out with the reason', async () => {
    mkdirSync(join(directory, 'd.json'));
    expect(await rows('job')).toEqual([]);
    expect(lines).toEqual([expect.stringMatching(/^WARN \S+\/d\.json is left out: .*directory/)]);
  });

  test.each(['12.n.checkpoint.json', '12.json.unfinished', 'notes.txt'])('%s is not that of a job', async (name) => {
    writeFileSync(join(directory, name), JSON.stringify(valid));
    expect([await rows('job'), lines]).toEqual([[], []]);
  });

  test('is needed: a directory that cannot be read is an error', async () => {
    remove();
    await expect(rows('job')).rejects.toThrow(new RegExp(`^cannot read ${directory}: .*no such file`));
  });
});

describe('rules', () => {
  const rules = (yaml: string) => {
    const file = join(directory, 'rules.yaml');
    writeFileSync(file, yaml);
    return softwareRules(readSoftwareRules(file));
  };
  const usual = `sams.software.Regexp:
  rewrite:
    - { match: '^/pfs/stor[0-9]+(?P<rest>/.*)', rewrite: '%(rest)s' }
  rules:
    - { match: '/slurmstepd', ignore: true }
    - { match: '^/software/(?P<name>[^/]+)/(?P<version>[^/]+)/', software: '%(name)s', version: '%(version)s' }
    - { match: '^/home/(?P<user>[^/]+)/', software: 'User software', user_provided: true }
`;

  test.each([
    ['/software/gromacs/2024.1/bin/gmx', { software: 'gromacs', version: '2024.1', isUserProvided: false }],
    ['/pfs/stor7/software/lammps/3/bin/lmp', { software: 'lammps', version: '3', isUserProvided: false }],
    ['/home/alice/a.out', { software: 'User software', version: '', isUserProvided: true }],
    ['/usr/bin/bash', { software: '/usr/bin/bash', version: '', isUserProvided: false }],
    ['/usr/sbin/slurmstepd', null],
  ])('%s is %p', (path, software) => {
    expect(rules(usual)(path)).toEqual(software);
  });

  test('an ignored program is not reported', async () => {
    put('12.c001.json', 12, 'c001', { '/usr/sbin/slurmstepd': time(9), '/software/gromacs/2024.1/gmx': time(1) });
    expect(await rows('software', rules(usual))).toMatchObject([
      { name: 'gromacs', version: '2024.1', cpuSeconds: 1, share: 100 },
    ]);
  });

  test('an error names the line', () => {
    expect(() => rules("sams.software.Regexp:\n  rules:\n    - { match: '(', software: x }\n")).toThrow(
      /rules\.yaml:3:\d+: .*is not a regular expression/,
    );
  });
});
