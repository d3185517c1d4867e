/** The sampler on the files of the running kernel: control groups of both versions, kills, and a clock that jumps. */

import { afterEach, beforeEach, expect } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsAll, needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { type SampledNode, sampledNode } from '../support/sample.ts';
import { hasControlGroups } from '../support/slurm/cluster.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' };
/** No job of a cluster has such a number. */
const job = 900_000 + (process.pid % 90_000);
const groups = ['cpuacct', 'memory'].map((name) => `/sys/fs/cgroup/${name}/hpc-collector-kernel-${process.pid}`);
const steps = groups.map((group) => `${group}/job_${job}/step_batch`);

let node: SampledNode;
beforeEach(() => {
  node = sampledNode();
});
afterEach(() => {
  node.remove();
  for (const step of steps) run(['rmdir', step, `${step}/..`, `${step}/../..`]);
});

type Cpu = { readonly user: number; readonly system: number };
type Software = {
  readonly execs: Readonly<Record<string, Cpu>>;
  readonly untracked: Cpu;
  readonly start_time: number;
  readonly end_time: number;
};

const sum = (times: readonly Cpu[]) => times.reduce((all, { user, system }) => all + user + system, 0);
const all = ({ execs, untracked }: Software) => sum([...Object.values(execs), untracked]);
const fileOf = () => join(node.data, `${job}.n1.json`);
const measured = () => JSON.parse(readFileSync(fileOf(), 'utf8'));

/** Runs a script in control groups of version 1, as a step of the job. */
function startStep(script: string) {
  for (const step of steps) mkdirSync(step, { recursive: true });
  const enter = steps.map((step) => `echo $$ >${step}/cgroup.procs`).join('; ');
  return start(['sh', '-c', `${enter}; ${script}`], { env });
}
const busy = (seconds: number) => `timeout ${seconds} sh -c 'while :; do :; done'`;
const cpuOfGroup = () => Number(readFileSync(`${groups[0]}/job_${job}/cpuacct.usage`, 'utf8')) / 1e9;

const canMountVersion2 = run(['unshare', '--mount', 'mount', '-t', 'cgroup2', 'none', '/sys/fs/cgroup']).exit === 0;

needsThat(canMountVersion2, 'root and control groups of version 2')(
  'control groups of version 2: CPU time as the kernel counts it, that of short processes is untracked, and pressure',
  async () => {
    node.configure({ outputs: '[File]', samplers: '[Core, Software, Pressure]', grace: 60 });
    const group = `/sys/fs/cgroup/hpc-collector-kernel-${process.pid}`;
    const loop = 'end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do seq 20000 | md5sum; done >/dev/null';
    const script = `mount -t cgroup2 none /sys/fs/cgroup
      mkdir -p ${group}/job_${job}/step_batch/user
      "$@" & sampler=$!
      sh -c 'echo $$ >${group}/job_${job}/step_batch/user/cgroup.procs; ${loop}; sleep 2'
      sed -n 's/^usage_usec //p' ${group}/job_${job}/cpu.stat
      kill -HUP $sampler; wait $sampler; code=$?
      rmdir ${group}/job_${job}/step_batch/user ${group}/job_${job}/step_batch ${group}/job_${job} ${group}
      exit $code`;
    const argv = ['unshare', '--mount', 'sh', '-c', script, 'sh', ...node.command(job)];
    const { exit, stdout, stderr } = await start(argv, { env }).ended;
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const cpu = Number(stdout) / 1e6;
    const software: Software = measured()['sams.sampler.Software'];
    expect(Math.abs(all(software) - cpu)).toBeLessThan(0.05 * cpu);
    expect(sum([software.untracked])).toBeGreaterThan(0.1 * cpu);
    expect(measured()['sams.sampler.Pressure']).toMatchObject({ cpu: { some: { total: expect.any(Number) } } });
  },
);

const onVersion1 = needsThat(hasControlGroups(), 'control groups of version 1');

onVersion1(
  'a sampler that is killed before its first checkpoint interval has stored what it saw, and is small',
  async () => {
    node.configure({ outputs: '[File]', grace: 60 });
    const step = startStep('sleep 60');
    const sampler = node.start(job);
    await until(() => existsSync(join(node.checkpoints, `${job}.n1.checkpoint.json`)), 'there is a checkpoint', 60);
    const [, kibibytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${sampler.pid}/status`, 'utf8')) ?? [];
    expect(Number(kibibytes)).toBeWithin(1024, 60 * 1024);
    sampler.kill('SIGKILL');
    await sampler.ended;
    step.kill('SIGKILL');
    run(['sh', '-c', `kill -KILL $(cat ${steps[0]}/cgroup.procs)`]);
    await until(() => readFileSync(`${steps[0]}/cgroup.procs`, 'utf8') === '', 'the job has ended');
    node.configure({ outputs: '[File]' });
    expect(await node.run(999_999)).toMatchObject({ exit: 0 });
    expect(Object.keys(measured()['sams.sampler.Software'].execs)).not.toEqual([]);
  },
);

const library = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

needsAll([hasControlGroups(), 'control groups of version 1'], [library !== undefined, 'libfaketime'])(
  'a clock that jumps a day ahead and back does not change the CPU time, and the sampling goes on',
  async () => {
    node.configure({ outputs: '[File]', grace: 60, collector: '  checkpoint_interval: 0.2' });
    const clock = join(node.directory, 'clock');
    const fake = { LD_PRELOAD: library ?? '', FAKETIME_TIMESTAMP_FILE: clock, FAKETIME_NO_CACHE: '1' };
    writeFileSync(clock, '+0\n');
    const step = startStep(`${busy(3)}; sleep 2`);
    const sampler = start(node.command(job), { env: { ...env, ...fake, FAKETIME_DONT_FAKE_MONOTONIC: '1' } });
    const checkpoint = join(node.checkpoints, `${job}.n1.checkpoint.json`);
    const lastAt = () => JSON.parse(readFileSync(checkpoint, 'utf8')).states['sams.sampler.Software'].lastAt;
    const now = () => Date.now() / 1000;
    await until(() => existsSync(checkpoint) && lastAt() > 0, 'it samples', 60);
    writeFileSync(clock, '+1d\n');
    await until(() => lastAt() > now() + 80_000, 'it samples after the jump ahead', 60);
    writeFileSync(clock, '-1d\n');
    await until(() => lastAt() < now() - 80_000, 'it samples after the jump back', 60);
    await step.ended;
    const cpu = cpuOfGroup();
    sampler.kill('SIGHUP');
    expect(await sampler.ended).toMatchObject({ exit: 0, stderr: '' });
    expect(Math.abs(all(measured()['sams.sampler.Software']) - cpu)).toBeLessThan(0.05 * cpu + 0.05);
    expect(measured()['sams.sampler.SlurmCGroup']).toMatchObject({ memory_usage: expect.stringMatching(/^\d+$/) });
  },
);
