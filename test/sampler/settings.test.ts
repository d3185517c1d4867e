/** The configuration of the original program, and ours. */

import { afterAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSampleSettings } from '../../src/sampler/settings.ts';
import { temporaryDirectory } from '../support/files.ts';

const { path, remove } = temporaryDirectory();
afterAll(remove);

function settingsOf(yaml: string) {
  const file = join(path, 'sample.yaml');
  writeFileSync(file, yaml);
  return readSampleSettings(file);
}

const original = readFileSync(join(import.meta.dir, '../../fixtures/sampler/original.yaml'), 'utf8');

test('the configuration example of the original manual is accepted unchanged', () => {
  const { collector, samplers, outputs, log, of } = settingsOf(original);
  expect({ samplers, outputs, log }).toEqual({
    samplers: ['sampler.Core', 'sampler.Software', 'sampler.SlurmInfo'],
    outputs: ['output.File'],
    log: { level: 'quiet', file: '/var/log/sams-collector.%(jobid)s.%(node)s.log' },
  });
  expect([collector.pid_finder_update_interval, of['pidfinder.Slurm'].grace_period, collector.umask]).toEqual([
    30,
    600,
    '077',
  ]);
  expect(of['sampler.Software'].sampler_interval).toBe(30);
  expect(of['output.File']).toMatchObject({ base_path: '/var/spool/softwareaccounting/data', jobid_hash_size: 1000 });
});

test.each(['sams.collector', 'sams-collector', 'collector'])('the section can be called %s', (name) => {
  expect(settingsOf(`${name}: { samplers: [sams.sampler.Core, Software], outputs: [File] }\n`)).toMatchObject({
    samplers: ['sampler.Core', 'sampler.Software'],
    outputs: ['output.File'],
  });
});

test('false and 0 switch a setting off', () => {
  const yaml = 'sams.pidfinder.Slurm: { grace_period: 0 }\nsams.output.File: { retry_count: 0, retry_sleep: 0 }\n';
  const { of } = settingsOf(yaml);
  expect([of['pidfinder.Slurm'].grace_period, of['output.File'].retry_count, of['output.File'].retry_sleep]).toEqual([
    0, 0, 0,
  ]);
});

test('settings of the original without effect are named, each with the reason', () => {
  const yaml = `common: { logformat: '%(message)s' }
collector: { logformat: '%(message)s' }
sams.sampler.Pressure: { cgroup_base: /cgroup }
sams.sampler.SlurmCGroup: { cgroup_base: /cgroup }
sams.sampler.Software: { software_mapper: sams.software.Regexp }
sams.sampler.SlurmCGroup2: { cgroup_base: /cgroup, sampler_interval: 5 }
sams.sampler.IOStats: { iostat_command: /usr/bin/iostat, iostat_devs: [dm-0] }
`;
  expect(settingsOf(yaml).withoutEffect).toEqual([
    'sams.collector: logformat has no effect: lines of the log have the format of this program',
    'sams.common: logformat has no effect: lines of the log have the format of this program',
    'sams.sampler.Software: software_mapper has no effect: sample report --rules and the receiver map paths to software',
    'sams.sampler.SlurmCGroup: cgroup_base has no effect: control groups are found below /sys/fs/cgroup',
    'sams.sampler.SlurmCGroup2: cgroup_base has no effect: control groups are found below /sys/fs/cgroup',
    'sams.sampler.Pressure: cgroup_base has no effect: control groups are found below /sys/fs/cgroup',
    'sams.sampler.IOStats: iostat_command has no effect: the same data come from /proc/diskstats',
  ]);
  expect(settingsOf('collector: {}\n').withoutEffect).toEqual([]);
});

test('a umask can be a number', () => {
  expect(settingsOf('collector: { umask: 027 }\n').collector.umask).toBe('27');
});

describe('an error names file, line and what is expected', () => {
  test.each([
    [
      'collector: { samplers: [Sofware] }',
      /sample\.yaml:1:\d+: collector\.samplers\.0: unknown module 'Sofware' \(known: sams\.sampler\.Core/,
    ],
    ['collector: { outputs: [Http] }', /'Http' needs a section sams\.output\.Http/],
    [
      'sams.sampler.Software: { sampler_intervall: 3 }',
      /:1:\d+: unknown setting 'sampler\.Software\.sampler_intervall' \(did you mean 'sampler_interval'\?\)/,
    ],
    ['sams.output.Carbon: {}', /unknown setting 'output\.Carbon'/],
    ['collector: { pid_finder: sams.pidfinder.LSF }', /must be sams\.pidfinder\.Slurm or sams\.pidfinder\.PBS/],
    ['collector: { umask: 99 }', /must be octal/],
  ])('%s', (yaml, words) => {
    expect(() => settingsOf(yaml)).toThrow(words);
  });
});
