/** `sample report` and `sample config check`: what they print. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CommandDefinition } from '../../../src/commands/tree.ts';
import type { ReportRow } from '../../../src/sampler/report/sums.ts';
import * as sums from '../../../src/sampler/report/sums.ts';
import * as stored from '../../../src/server/sampled/read.ts';
import { quickDirectory } from '../../support/files.ts';
import { runInProcess } from '../../support/in-process.ts';

const root: CommandDefinition = {
  subCommands: {
    sample: () => import('../../../src/commands/sample/sample.ts').then((module) => module.sampleCommand),
  },
};
let directory: string;
let remove: () => void;
beforeEach(() => {
  ({ path: directory, remove } = quickDirectory());
});
afterEach(() => remove());

const run = (...words: string[]) =>
  runInProcess(root, ['sample', ...words], { XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory });
const said = (...lines: readonly string[]) => ({
  exit: 0,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});
const refused = (words: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${words}\n` });

describe('report', () => {
  const rows: readonly ReportRow[] = [
    { name: 'gromacs', version: '2024.1', jobs: 12, cpuSeconds: 360_000, share: 99.5 },
    { name: 'a "b", c', version: '', jobs: 1, cpuSeconds: 18, share: 0.496 },
  ];
  /** Runs it with these rows. */
  async function reported(given: readonly ReportRow[], ...words: string[]) {
    const made = spyOn(sums, 'reportRows').mockImplementation(async () => [...given]);
    try {
      return await run('report', directory, ...words);
    } finally {
      made.mockRestore();
    }
  }

  test('is a table, with versions for software only', async () => {
    expect(await reported(rows)).toEqual(
      said(
        'SOFTWARE  VERSION  JOBS  CPU HOURS    SHARE',
        'gromacs   2024.1     12     100.00  99.50 %',
        'a "b", c  -           1       0.01   0.50 %',
      ),
    );
    expect(await reported(rows, '--by', 'user')).toEqual(
      said(
        'USER      JOBS  CPU HOURS    SHARE',
        'gromacs     12     100.00  99.50 %',
        'a "b", c     1       0.01   0.50 %',
      ),
    );
    expect(await reported([])).toEqual(said('Nothing was sampled.'));
  });

  test('is JSON, with the subject as the name of the first member', async () => {
    expect(await reported(rows, '--format', 'json')).toEqual(
      said(
        '{"software":"gromacs","version":"2024.1","jobs":12,"cpu_seconds":360000,"share_percent":99.5}',
        '{"software":"a \\"b\\", c","version":"","jobs":1,"cpu_seconds":18,"share_percent":0.496}',
      ),
    );
    expect(await reported(rows.slice(0, 1), '--format', 'json', '--by', 'project')).toEqual(
      said('{"project":"gromacs","jobs":12,"cpu_seconds":360000,"share_percent":99.5}'),
    );
    expect(await reported([], '--format', 'json')).toEqual(said());
  });

  test('is CSV in which a spreadsheet calculates nothing', async () => {
    const named = (name: string, version = '') => ({ name, version, jobs: 1, cpuSeconds: 2, share: -3 });
    expect(
      await reported(
        [...rows, named('=1+1', '+2'), named('-3', '@x'), named('\tt', '\rr'), named('l\nm'), named('a=b')],
        '--format',
        'csv',
      ),
    ).toEqual(
      said(
        'software,version,jobs,cpu_seconds,share_percent',
        'gromacs,2024.1,12,360000,99.5',
        '"a ""b"", c",,1,18,0.496',
        "'=1+1,'+2,1,2,-3",
        "'-3,'@x,1,2,-3",
        `'\tt,"'\rr",1,2,-3`,
        '"l\nm",,1,2,-3',
        'a=b,,1,2,-3',
      ),
    );
    expect(await reported([], '--format', 'csv', '--by', 'user')).toEqual(said('user,jobs,cpu_seconds,share_percent'));
  });

  test('sums up the files of a directory, by rules if there are some', async () => {
    const software = { execs: { '/software/gromacs/2024.1/bin/gmx': { user: 3600, system: 0 } } };
    const file = {
      'sams.sampler.Core': { jobid: 12, node: 'c001' },
      'sams.sampler.SlurmInfo': { account: 'physics', username: 'alice' },
      'sams.sampler.Software': { ...software, start_time: 1, end_time: 2 },
    };
    const data = join(directory, 'data');
    mkdirSync(data);
    writeFileSync(join(data, '12.c001.json'), JSON.stringify(file));
    const rules = join(directory, 'rules.yaml');
    writeFileSync(
      rules,
      "sams.software.Regexp:\n  rules:\n    - { match: '^/software/(?P<name>[^/]+)/', software: '%(name)s' }\n",
    );
    const csv = (...words: string[]) => run('report', data, '--format', 'csv', ...words);
    const header = 'software,version,jobs,cpu_seconds,share_percent';
    expect(await csv()).toEqual(said(header, '/software/gromacs/2024.1/bin/gmx,,1,3600,100'));
    expect(await csv('--rules', rules)).toEqual(said(header, 'gromacs,,1,3600,100'));
  });

  test('reads the jobs of a cluster from a receiver, and needs its name', async () => {
    const database = join(directory, 'receiver.db');
    const read = spyOn(stored, 'measuredInStore').mockImplementation(async function* () {});
    expect(await run('report', '--cluster', 'derecho', '--database', database)).toEqual(said('Nothing was sampled.'));
    expect(read.mock.calls).toEqual([[database, 'derecho']]);
    read.mockRestore();
    expect(await run('report', '--database', database)).toEqual(
      refused('sample report needs a directory of files, or --cluster for jobs in the receiver'),
    );
  });
});

describe('config check', () => {
  const checked = (yaml: string) => {
    const file = join(directory, 'sample.yaml');
    writeFileSync(file, yaml);
    return { file, ran: run('config', 'check', '--config', file) };
  };

  test('names samplers and outputs', async () => {
    const { file, ran } = checked('collector: { samplers: [Core, Software], outputs: [File, Prometheus] }\n');
    expect(await ran).toEqual(said(`${file} is valid: sampler.Core, sampler.Software; output.File, output.Prometheus`));
  });

  test('warns of settings without effect', async () => {
    const { file, ran } = checked("common: { logformat: '%(message)s' }\ncollector: { logformat: x }\n");
    expect(await ran).toEqual({
      exit: 0,
      stdout: `${file} is valid: no sampler; no output\n`,
      stderr:
        'Warning: sams.collector: logformat has no effect: lines of the log have the format of this program\n' +
        'Warning: sams.common: logformat has no effect: lines of the log have the format of this program\n',
    });
  });

  test('reads /etc/hpc-collector/sample.yaml by default', async () => {
    expect((await run('config', 'check')).stderr).toContain('/etc/hpc-collector/sample.yaml');
  });
});

test('sample gives its request to the sampler', async () => {
  const { stderr, exit } = await run('--jobid', '12_3');
  expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('is an array id') });
});
