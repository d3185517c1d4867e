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
