/** The defaults of a sampler's settings, and the values that each setting accepts. */

import { afterAll, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../src/lib/errors.ts';
import { readSampleSettings } from '../../src/sampler/settings.ts';
import { temporaryDirectory } from '../support/files.ts';

const { path, remove } = temporaryDirectory();
afterAll(remove);
const file = join(path, 'sample.yaml');

function settingsOf(yaml: string) {
  writeFileSync(file, `${yaml}\n`);
  return readSampleSettings(file);
}

/** The errors of a file, each without its place. */
function problemsOf(yaml: string): string[] {
  try {
    settingsOf(yaml);
    return [];
  } catch (error) {
    return messageOf(error)
      .split('; ')
      .map((problem) => problem.replace(/^.*sample\.yaml:\d+:\d+: /, ''));
  }
}

describe('the default', () => {
  const interval = { sampler_interval: 60 };
  const retries = { retry_count: 3, retry_sleep: 3 };
  const metrics = { static_map: {}, map: {}, metrics: {} };

  test('of each setting', () => {
    const collector = {
      pid_finder_update_interval: 30,
      pid_finder: 'pidfinder.Slurm',
      samplers: [],
      outputs: [],
      listeners: [],
      umask: '077',
      checkpoint_path: '/var/spool/hpc-collector/checkpoints',
      checkpoint_interval: 300,
    };
    expect(settingsOf('collector: {}')).toEqual({
      collector,
      samplers: [],
      outputs: [],
      listeners: [],
      finder: 'pidfinder.Slurm',
      log: { level: 'quiet', file: null },
      withoutEffect: [],
      of: {
        collector,
        common: {},
        'pidfinder.Slurm': { grace_period: 600 },
        'pidfinder.PBS': { grace_period: 600 },
        'sampler.Core': interval,
        'sampler.Software': { ...interval, metrics_to_average: ['system', 'user'] },
        'sampler.SlurmInfo': {
          ...interval,
          scontrol: 'scontrol',
          squeue: 'squeue',
          sacct: 'sacct',
          environment: {},
        },
        'sampler.SlurmCGroup': { ...interval, metrics_to_average: ['memory_usage'] },
        'sampler.SlurmCGroup2': { ...interval, metrics_to_average: ['memory_usage'] },
        'sampler.Pressure': interval,
        'sampler.NvidiaSMI': {
          ...interval,
          nvidia_smi_command: 'nvidia-smi',
          gpu_index_environment: 'SLURM_JOB_GPUS',
          nvidia_smi_metrics: [
            'power.draw',
            'power.limit',
            'clocks.applications.memory',
            'clocks.applications.graphics',
            'clocks.current.graphics',
            'clocks.current.sm',
            'utilization.gpu',
            'utilization.memory',
          ],
          metrics_to_average: ['power.draw', 'utilization.gpu', 'utilization.memory'],
        },
        'output.File': {
          ...retries,
          base_path: '/tmp',
          file_pattern: '%(jobid)s.%(node)s.json',
          jobid_hash_size: null,
          exclude: [],
        },
        'output.Prometheus': {
          ...retries,
          ...metrics,
          path: '/var/lib/prometheus/node-exporter/slurm_%(jobid)s.prom',
        },
        'listener.Prometheus': { ...metrics, socketdir: '/tmp/softwareaccounting' },
      },
    });
  });

  test('of the modules that need a section', () => {
    const { of } = settingsOf(`sampler.IOStats: { iostat_devs: [sda] }
sampler.FSStats: { mount_points: [/tmp] }
sampler.ZFSStats: { volumes: [tank] }
output.Http: { uri: 'https://sams.example.org/' }
output.Spool: { path: /spool }`);
    expect(of).toMatchObject({
      'sampler.IOStats': { ...interval, iostat_devs: ['sda'] },
      'sampler.FSStats': { ...interval, mount_points: ['/tmp'] },
      'sampler.ZFSStats': { ...interval, zfs_command: '/sbin/zfs', volumes: ['tank'] },
      'output.Http': { ...retries, uri: 'https://sams.example.org/', jobid_hash_size: null, exclude: [] },
      'output.Spool': { ...retries, path: '/spool', exclude: [] },
    });
  });
});

/** A section and its setting, values that it accepts, and values that it refuses with the reason. */
type Accepted = [section: string, setting: string, accepted: unknown[], ...refused: [value: unknown, words: string][]];

describe('the setting', () => {
  const settings: Accepted[] = [
    [
      'collector',
      'pid_finder_update_interval',
      [0.1, 86_400],
      [0, 'must be more than 0'],
      [86_401, 'must be at most 86400'],
    ],
    ['collector', 'checkpoint_interval', [0.1, 86_400], [0, 'must be more than 0'], [86_401, 'must be at most 86400']],
    ['sampler.Core', 'sampler_interval', [0.1, 86_400], [0, 'must be more than 0'], [86_401, 'must be at most 86400']],
    ['pidfinder.Slurm', 'grace_period', [0, 0.5, 99_999], [-1, 'must be at least 0']],
    ['pidfinder.PBS', 'grace_period', [0, 0.5, 99_999], [-1, 'must be at least 0']],
    [
      'output.File',
      'retry_count',
      [0, 1, 100],
      [-1, 'must be at least 0'],
      [101, 'must be at most 100'],
      [1.5, 'must be a whole number'],
    ],
    ['output.File', 'retry_sleep', [0, 0.5, 600], [-1, 'must be at least 0'], [601, 'must be at most 600']],
    ['output.File', 'jobid_hash_size', [1, 1000, null], [0, 'must be more than 0'], [1.5, 'must be a whole number']],
    ['output.File', 'file_pattern', ['x', 'long.json'], ['', 'must not be empty']],
    ['output.File', 'base_path', ['/', '/data/a'], ['data/', 'must be an absolute path']],
    [
      'collector',
      'umask',
      ['077', '0027', 7, 77, 777],
      [8, 'must be octal, such as 077'],
      [7777, 'must be octal, such as 077'],
    ],
    ['collector', 'checkpoint_path', ['/a'], ['a', 'must be an absolute path']],
    ['collector', 'logfile', ['/a'], ['a', 'must be an absolute path']],
    [
      'collector',
      'loglevel',
      ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG'],
      ['WARN', 'must be CRITICAL, ERROR, WARNING, INFO or DEBUG'],
    ],
    ['sampler.SlurmInfo', 'scontrol', ['s', '/usr/bin/scontrol'], ['', 'must not be empty']],
    ['sampler.SlurmInfo', 'squeue', ['s', '/usr/bin/squeue'], ['', 'must not be empty']],
    ['sampler.SlurmInfo', 'sacct', ['s', '/usr/bin/sacct'], ['', 'must not be empty']],
    ['sampler.NvidiaSMI', 'nvidia_smi_command', ['s', '/usr/bin/nvidia-smi'], ['', 'must not be empty']],
    ['sampler.NvidiaSMI', 'gpu_index_environment', ['G', 'CUDA_VISIBLE_DEVICES'], ['', 'must not be empty']],
    ['sampler.NvidiaSMI', 'nvidia_smi_metrics', [['a'], ['a.b_c', 'd']], [[], 'must not be empty']],
    ['sampler.IOStats', 'iostat_devs', [['a'], ['a', 'b']], [[], 'must not be empty']],
    ['sampler.FSStats', 'mount_points', [['/'], ['/', '/tmp']], [[], 'must not be empty']],
    ['sampler.ZFSStats', 'volumes', [['a'], ['a', 'b']], [[], 'must not be empty']],
    ['output.Http', 'uri', ['http://a', 'https://a'], ['ftp://a', 'must be an http or https address']],
    ['output.Spool', 'path', ['/a'], ['a', 'must be an absolute path']],
    ['output.Prometheus', 'path', ['/a'], ['a', 'must be an absolute path']],
    ['listener.Prometheus', 'socketdir', ['/a'], ['a', 'must be an absolute path']],
  ];

  test.each(settings)('%s: %s', (section, setting, accepted, ...refused) => {
    const yaml = (value: unknown) => `${section}: ${JSON.stringify({ [setting]: value })}`;
    for (const value of accepted) expect(problemsOf(yaml(value))).toEqual([]);
    for (const [value, words] of refused) expect(problemsOf(yaml(value))).toEqual([`${section}.${setting}: ${words}`]);
  });

  test.each([
    [
      'sampler.NvidiaSMI: { nvidia_smi_metrics: [power.draw, Power Draw] }',
      'sampler.NvidiaSMI.nvidia_smi_metrics.1: must be a name of nvidia-smi --help-query-gpu',
    ],
    ["sampler.ZFSStats: { volumes: [tank], zfs_command: '' }", 'sampler.ZFSStats.zfs_command: must not be empty'],
    [
      "output.Prometheus: { metrics: { '(': x } }",
      'output.Prometheus.metrics.(: has a name that is not a regular expression',
    ],
    ['common: { logfile: a }', 'common.logfile: must be an absolute path'],
  ])('of %s is refused', (yaml, words) => {
    expect(problemsOf(yaml)).toEqual([words]);
  });

  test('of an expression accepts that of Python', () => {
    expect(problemsOf("output.Prometheus: { metrics: { '(?P<a>b)': x } }")).toEqual([]);
  });
});

describe('a module', () => {
  const samplers =
    'sams.sampler.Core, sams.sampler.Software, sams.sampler.SlurmInfo, sams.sampler.SlurmCGroup, sams.sampler.SlurmCGroup2, sams.sampler.IOStats, sams.sampler.FSStats, sams.sampler.Pressure, sams.sampler.NvidiaSMI, sams.sampler.ZFSStats';
  const outputs = 'sams.output.File, sams.output.Http, sams.output.Prometheus, sams.output.Spool';

  test.each([
    ['samplers: [Core, Sofware]', `samplers.1: unknown module 'Sofware' (known: ${samplers})`],
    ['samplers: [sams.output.File]', `samplers.0: unknown module 'sams.output.File' (known: ${samplers})`],
    ['outputs: [Carbon]', `outputs.0: unknown module 'Carbon' (known: ${outputs})`],
    ['listeners: [File]', "listeners.0: unknown module 'File' (known: sams.listener.Prometheus)"],
    ['outputs: [File, Http]', "outputs.1: 'Http' needs a section sams.output.Http with its settings"],
    [
      'samplers: [sams.sampler.FSStats]',
      "samplers.0: 'sams.sampler.FSStats' needs a section sams.sampler.FSStats with its settings",
    ],
    ['pid_finder: LSF', 'pid_finder: must be sams.pidfinder.Slurm or sams.pidfinder.PBS'],
  ])('%s is refused', (setting, words) => {
    expect(problemsOf(`collector: { ${setting} }`)).toEqual([`collector.${words}`]);
  });

  test.each([
    ['sams.pidfinder.PBS', 'pidfinder.PBS'],
    ['pidfinder.PBS', 'pidfinder.PBS'],
    ['sams.pidfinder.Slurm', 'pidfinder.Slurm'],
  ])('finds processes: %s', (name, finder) => {
    expect(settingsOf(`collector: { pid_finder: ${name} }`).finder).toBe(finder as never);
  });

  test('can have three forms of its name', () => {
    const names = (...all: string[]) => all.join(', ');
    const yaml = `collector:
  samplers: [${names('sams.sampler.Core', 'sampler.Pressure', 'NvidiaSMI', 'FSStats')}]
  outputs: [${names('Prometheus', 'sams.output.File')}]
  listeners: [${names('sams.listener.Prometheus', 'Prometheus')}]
sampler.FSStats: { mount_points: [/tmp] }`;
    expect(settingsOf(yaml)).toMatchObject({
      samplers: ['sampler.Core', 'sampler.Pressure', 'sampler.NvidiaSMI', 'sampler.FSStats'],
      outputs: ['output.Prometheus', 'output.File'],
      listeners: ['listener.Prometheus', 'listener.Prometheus'],
    });
  });
});

test.each([
  ['', 'quiet', null],
  ['collector: { loglevel: CRITICAL }', 'quiet', null],
  ['collector: { loglevel: WARNING }', 'quiet', null],
  ['collector: { loglevel: INFO }', 'normal', null],
  ['collector: { loglevel: DEBUG }', 'verbose', null],
  ['common: { loglevel: INFO, logfile: /b }', 'normal', '/b'],
  ['common: { loglevel: INFO, logfile: /b }\ncollector: { loglevel: DEBUG, logfile: /a }', 'verbose', '/a'],
])('the log of %p is %s', (yaml, level, logFile) => {
  expect(settingsOf(`${yaml}\nsampler.Core: {}`).log).toEqual({ level: level as never, file: logFile });
});
