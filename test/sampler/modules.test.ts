/** Which samplers and outputs a configuration makes, each with its own settings. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramResult } from '../../src/exec/local-program.ts';
import { noGroups } from '../../src/sampler/groups.ts';
import { textOf, thisMachine } from '../../src/sampler/machine.ts';
import { type JobPlace, outputsOf, samplersOf } from '../../src/sampler/modules.ts';
import type { Sampler } from '../../src/sampler/sampler.ts';
import { type TestNode, testNode } from './node.ts';

let node: TestNode;
let asked: unknown[];
beforeEach(() => {
  node = testNode();
  asked = [];
});
afterEach(() => node.remove());

const look = (at = 1) => ({ processes: [], groups: noGroups, at });

/** Answers each program with a text; a program without one fails. */
const answering =
  (answers: Readonly<Record<string, string>>): JobPlace['run'] =>
  async (argv, variables): Promise<ProgramResult> => {
    asked.push(variables === undefined ? argv : [...argv, variables]);
    const text = answers[argv[0]];
    if (text === undefined) return { kind: 'failed', reason: `${argv[0]} is not there`, stderr: '' };
    return { kind: 'done', output: Buffer.from(text) };
  };

/** Makes one sampler with its section. */
function sampler(name: string, section: string, place: Partial<JobPlace> = {}): Sampler {
  const settings = node.settings(`  samplers: [${name}]`, `sampler.${name}: ${section}`);
  const [make] = samplersOf(settings, node.place(place));
  if (make === undefined) throw new Error(`${name} makes no sampler`);
  return make(undefined);
}

test('the files of the kernel are where the kernel has them', () => {
  expect(textOf(`${thisMachine.proc}/self/stat`)).toStartWith(`${process.pid} (`);
  expect(thisMachine.controlGroups).toBe('/sys/fs/cgroup');
});

test('the samplers are in the order of the configuration, each with its interval', () => {
  const names = ['ZFSStats', 'Core', 'Software', 'SlurmInfo', 'SlurmCGroup', 'SlurmCGroup2', 'IOStats', 'FSStats'];
  const all = [...names, 'Pressure', 'NvidiaSMI'];
  const needs: Readonly<Record<string, string>> = {
    ZFSStats: ', volumes: [a]',
    IOStats: ', iostat_devs: [a]',
    FSStats: ', mount_points: [/a]',
  };
  const sections = all.map((name, index) => `sampler.${name}: { sampler_interval: ${11 + index}${needs[name] ?? ''} }`);
  const settings = node.settings(`  samplers: [${all.join(', ')}]`, sections.join('\n'));
  const made = samplersOf(settings, node.place()).map((make) => make(undefined));
  expect(made.map(({ id, intervalSeconds, isShortAtStart }) => [id, intervalSeconds, isShortAtStart])).toEqual([
    ['sams.sampler.ZFSStats', 11, false],
    ['sams.sampler.Core', 60, false],
    ['sams.sampler.Software', 13, true],
    ['sams.sampler.SlurmInfo', 14, false],
    ['sams.sampler.SlurmCGroup', 15, true],
    ['sams.sampler.SlurmCGroup2', 16, true],
    ['sams.sampler.IOStats', 17, false],
    ['sams.sampler.FSStats', 18, false],
    ['sams.sampler.Pressure', 19, false],
    ['sams.sampler.NvidiaSMI', 20, false],
  ]);
});

test('the core data are the job and the node', async () => {
  const core = sampler('Core', '{}', { job: '12[3]', node: 'n7' });
  const data = { jobid: '12[3]', node: 'n7' };
  expect([await core.sample(look()), core.final(), core.state()]).toEqual([data, data, null]);
});

test('the averages of a control group are those of its section', async () => {
  node.host.count('job_12/memory.current', '70');
  node.host.count('job_12/memory.peak', '90');
  const groups = { unified: join(node.host.machine.controlGroups, 'job_12'), byController: new Map() };
  for (const name of ['SlurmCGroup', 'SlurmCGroup2']) {
    const of = (section: string) => sampler(name, section).sample({ ...look(), groups });
    const values = { memory_usage: '70', memory_max_usage: '90' };
    expect(await of('{}')).toEqual({ ...values, memory_usage_average: 70 });
    expect(await of('{ metrics_to_average: [memory_max_usage] }')).toEqual({ ...values, memory_max_usage_average: 90 });
  }
});

test('the devices of disks are found by names, links and patterns', async () => {
  const directory = join(node.directory, 'mapper');
  mkdirSync(directory);
  for (const name of ['dm-7', 'dm-8', 'loop3']) writeFileSync(join(directory, name), '');
  symlinkSync('dm-7', join(directory, 'vg-job12'));
  const devices = `[no-such-disk, '${directory}/loop*', '${directory}/dm-[8]', '${directory}/vg-job%(jobid)s', '${directory}/vg-job12', '${directory}/gone-%(node)s']`;
  const stat = sampler('IOStats', `{ iostat_devs: ${devices} }`);
  const names = ['dm-7', 'dm-8', 'gone-n1', 'loop3', 'no-such-disk', 'other'];
  node.host.write('diskstats', names.map((name) => ` 1 2 ${name} 1 2 3 4 5 6 7 8 9 10 11\n`).join(''));
  await stat.sample(look(1));
  await stat.sample(look(2));
  expect(Object.keys(stat.final())).toEqual(['no-such-disk', 'dm-8', 'gone-n1', 'loop3', 'dm-7']);
});

test('the filesystems are found by paths and patterns', async () => {
  const paths = ['a1', 'a2', 'b', 'job12.n1', 'c'].map((name) => join(node.directory, name));
  for (const path of paths) mkdirSync(path);
  const pattern = (name: string) => `'${join(node.directory, name)}'`;
  const points = ['a?', 'b', 'b', 'job%(jobid)s.%(node)s', 'gone'].map(pattern);
  const data = await sampler('FSStats', `{ mount_points: [${points.join(', ')}] }`).sample(look());
  expect(Object.keys(data ?? {}).sort()).toEqual(paths.slice(0, 4).sort());
});

describe('GPUs', () => {
  const section =
    '{ nvidia_smi_command: /opt/nvidia-smi, nvidia_smi_metrics: [power.draw, a.b], metrics_to_average: [a.b], gpu_index_environment: MY_GPUS }';
  const run = answering({ '/opt/nvidia-smi': '3, 61.5, 8\n' });

  test('are those of the configured variable, with the configured metrics', async () => {
    const environment = { MY_GPUS: '3', SLURM_JOB_GPUS: '4' };
    expect(await sampler('NvidiaSMI', section, { run, environment }).sample(look())).toEqual({
      3: { power_draw: '61.5', a_b: '8', a_b_average: 8, elapsed_time: 0 },
    });
    expect(asked).toEqual([
      ['/opt/nvidia-smi', '--query-gpu=index,power.draw,a.b', '--format=csv,nounits,noheader', '-i', '3'],
    ]);
  });

  test('are not asked for without the variable', async () => {
    const environment = { SLURM_JOB_GPUS: '4' };
    expect(await sampler('NvidiaSMI', section, { run, environment }).sample(look())).toBeNull();
    expect(asked).toEqual([]);
  });
});

test('ZFS volumes are asked for with the configured program', async () => {
  const run = answering({ '/opt/zfs': 'tank\t3\t4\n' });
  const data = await sampler('ZFSStats', '{ zfs_command: /opt/zfs, volumes: [tank, b] }', { run }).sample(look());
  expect(data).toEqual({ tank: { size: 7, free: 4, used: 3 } });
  expect(asked).toEqual([['/opt/zfs', 'list', '-Hp', '-o', 'name,used,available', 'tank', 'b']]);
});

describe('the owner of a job', () => {
  const section =
    '{ scontrol: /opt/scontrol, squeue: /opt/squeue, sacct: /opt/sacct, environment: { SLURM_CONF: /s } }';
  const prolog = {
    SLURM_JOB_ID: '12',
    SLURM_JOB_ACCOUNT: 'chem',
    SLURM_JOB_USER: 'bob',
    SLURM_JOB_UID: '1003',
    SLURM_JOB_PARTITION: 'debug',
    SLURM_JOB_NUM_NODES: '3',
    SLURM_JOB_CPUS_PER_NODE: '8(x3)',
  };
  const bob = { account: 'chem', username: 'bob', uid: '1003', partition: 'debug', nodes: '3', cpus: '24' };
  const shown =
    'JobId=12 JobName=x UserId=eve(7) GroupId=g(5) Account=poor Partition=gold NumNodes=2 NumCPUs=4 StartTime=9\n';

  test('is in the environment of a prolog, so that Slurm is not asked', async () => {
    const run = answering({});
    expect(await sampler('SlurmInfo', section, { run, environment: prolog }).sample(look())).toEqual(bob);
    expect([asked, node.lines]).toEqual([[], []]);
  });

  test('is what the environment has, and the rest is asked of Slurm', async () => {
    const run = answering({ '/opt/scontrol': shown });
    const { SLURM_JOB_ACCOUNT: _, ...environment } = prolog;
    expect(await sampler('SlurmInfo', section, { run, environment }).sample(look())).toMatchObject({
      ...bob,
      account: 'poor',
      jobname: 'x',
      starttimestamp: 9,
    });
    const variables = { SLURM_CONF: '/s', SLURM_TIME_FORMAT: '%s' };
    expect(asked).toEqual([['/opt/scontrol', 'show', 'job', '12', '--oneliner', variables]]);
    expect(node.lines).toEqual([]);
  });

  test('is asked for again if it is not known', async () => {
    const info = sampler('SlurmInfo', section, { run: answering({}) });
    expect(await info.sample(look())).toEqual({});
    await info.sample(look());
    expect(asked).toHaveLength(4);
    const words =
      'who runs job 12 is not known: /opt/scontrol is not there; /opt/sacct is not there; asked again at the next sample';
    expect(node.lines).toEqual([`WARN ${words}`, `WARN ${words}`]);
  });
});

test('the outputs are in the order of the configuration, each with its settings', async () => {
  const settings = node.settings(
    '  outputs: [Spool, Prometheus, File, Http]',
    `output.Spool: { path: ${node.directory}/spool, retry_count: 11 }
output.Prometheus: { path: '${node.directory}/%(jobid)s.%(node)s.prom', retry_count: 12 }
output.File: { base_path: ${node.directory}/data, retry_count: 13 }
output.Http: { uri: 'https://sams.example.org', retry_count: 14 }`,
  );
  const outputs = outputsOf(settings, 7, 'n2', node.place().log);
  expect(outputs.map(({ id, retries }) => [id, retries])).toEqual([
    ['output.Spool', 11],
    ['output.Prometheus', 12],
    ['output.File', 13],
    ['output.Http', 14],
  ]);
  for (const output of outputs.slice(0, 3)) {
    output.sampled?.({});
    if (output.id !== 'output.Prometheus') await output.write({});
  }
  const files = ['spool/7.n2.json', '7.n2.prom', 'data/7.n2.json'].map((name) => join(node.directory, name));
  expect(files.filter((file) => existsSync(file))).toEqual(files);
});
