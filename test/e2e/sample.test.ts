/** The sampler on a real Slurm: prolog and epilog start and end it for each job on each node. */

import { afterAll, beforeAll, expect } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/files.ts';
import { needsThat } from '../support/needs.ts';
import { processesWithArgument } from '../support/processes.ts';
import { run } from '../support/run.ts';
import { binary } from '../support/site.ts';
import { type Cluster, hasControlGroups, slurmIsThere, startSlurm } from '../support/slurm/cluster.ts';
import { submit } from '../support/slurm/submit.ts';
import { until } from '../support/until.ts';

const canSample = slurmIsThere && hasControlGroups();
const withSampler = needsThat(canSample, 'a Slurm with control groups');

const { path: directory, remove } = temporaryDirectory();
const data = join(directory, 'data');
const config = join(directory, 'sample.yaml');
mkdirSync(data);
writeFileSync(
  config,
  `sams.collector:
  pid_finder_update_interval: 0.5
  samplers: [sams.sampler.Core, sams.sampler.Software, sams.sampler.SlurmInfo, sams.sampler.SlurmCGroup]
  outputs: [sams.output.File]
  checkpoint_path: ${directory}/checkpoints
  checkpoint_interval: 0.5
  logfile: ${directory}/%(jobid)s.%(node)s.log
sams.pidfinder.Slurm: { grace_period: 30 }
sams.sampler.Software: { sampler_interval: 0.5 }
sams.sampler.SlurmCGroup: { sampler_interval: 0.5 }
sams.output.File: { base_path: ${data} }
`,
);

let cluster: Cluster;
beforeAll(async () => {
  if (!canSample) return;
  const pidFile = `${directory}/$SLURM_JOB_ID.$SLURMD_NODENAME.pid`;
  cluster = await startSlurm({
    // In the partition debug, the sampler must ask Slurm whose job it is.
    prolog: `#!/bin/sh
[ "$SLURM_JOB_PARTITION" = debug ] && unset SLURM_JOB_ACCOUNT SLURM_JOB_USER SLURM_JOB_UID
exec ${binary} sample --config=${config} --jobid=$SLURM_JOB_ID --daemon --pidfile=${pidFile}
`,
    epilog: `#!/bin/sh\n[ -e ${pidFile} ] && kill -HUP "$(cat ${pidFile})"\nexit 0\n`,
  });
}, 300_000);
afterAll(async () => {
  await cluster?.stop();
  remove();
});

type Cpu = { readonly user: number; readonly system: number };
type Measured = {
  readonly 'sams.sampler.Core': unknown;
  readonly 'sams.sampler.SlurmInfo': Readonly<Record<string, unknown>>;
  readonly 'sams.sampler.SlurmCGroup': Readonly<Record<string, unknown>>;
  readonly 'sams.sampler.Software': { readonly execs: Readonly<Record<string, Cpu>>; readonly untracked: Cpu };
};

const fileOf = (job: number, node: string) => join(data, `${job}.${node}.json`);

async function measured(job: number, node: string): Promise<Measured> {
  await until(
    () => existsSync(fileOf(job, node)),
    () => `job ${job} is measured on ${node}: ${logs()}`,
    120,
  );
  return JSON.parse(readFileSync(fileOf(job, node), 'utf8'));
}

const logs = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.log'))
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');

/** The CPU time that Slurm's accounting has of a job, in seconds. */
async function accounted(job: number): Promise<number> {
  let text = '';
  const ended = () => {
    text = cluster.run(['sacct', '-j', String(job), '-n', '-P', '-o', 'State,TotalCPU,JobID']).trim();
    // The CPU time of a job is that of the steps that have ended.
    const isWhole = text.includes('.batch') && !/^(RUNNING|PENDING|COMPLETING)/m.test(text);
    return isWhole && /^(COMPLETED|FAILED|CANCELLED[^|]*)\|.*[1-9].*\|/.test(text);
  };
  await until(ended, () => `the job is accounted: ${text}`, 120);
  const [, minutes = '0', seconds = '0'] = /\|(?:00:)?(\d+):([\d.]+)/.exec(text) ?? [];
  return Number(minutes) * 60 + Number(seconds);
}

const sum = (times: readonly Cpu[]) => times.reduce((all, { user, system }) => all + user + system, 0);
const seen = ({ 'sams.sampler.Software': { execs } }: Measured) => sum(Object.values(execs));
const all = (one: Measured) => seen(one) + sum([one['sams.sampler.Software'].untracked]);

function samplerOf(job: number): number {
  const [pid] = processesWithArgument(`--jobid=${job}`);
  if (pid === undefined) throw new Error(`no sampler of job ${job} runs`);
  return pid;
}

/** Uses one CPU for some seconds, and then rests, so that the last sample has it all. */
const compute = (seconds: number) => `timeout ${seconds} sh -c 'while :; do :; done'; sleep 2`;

withSampler(
  'a batch job: its CPU time agrees with the accounting',
  async () => {
    const job = submit(cluster, 'games', compute(5), '--nodelist=c001', '--job-name=x UserId=root(0) Account=rich');
    const one = await measured(job, 'c001');
    const cpu = await accounted(job);
    expect(one['sams.sampler.Core']).toEqual({ jobid: job, node: 'c001' });
    expect(Object.keys(one['sams.sampler.Software'].execs)).toContain('/usr/bin/dash');
    expect(Math.abs(all(one) - cpu)).toBeLessThan(0.05 * cpu + 0.1);
    expect(one['sams.sampler.SlurmInfo']).toMatchObject({ account: 'physics', username: 'games', uid: '5', cpus: '1' });
    expect(one['sams.sampler.SlurmCGroup']).toMatchObject({
      memory_limit: String(100 * 1024 ** 2),
      memory_usage_average: expect.any(Number),
    });
  },
  180_000,
);

withSampler(
  'short-lived processes: their CPU time is untracked, and in the total that the control group has',
  async () => {
    // sacct of this Slurm counts such processes more than once; the shell and the kernel agree.
    const counted = join(cluster.work, 'counted');
    const loop = 'end=$(($(date +%s) + 5)); while [ $(date +%s) -lt $end ]; do seq 20000 | md5sum; done';
    const group = "/sys/fs/cgroup/cpuacct$(sed -n 's/^.*:cpuacct://p' /proc/self/cgroup)/../../cpuacct.usage";
    const job = submit(cluster, 'games', `${loop}; cat ${group} >${counted}; sleep 2`, '--nodelist=c002');
    const one = await measured(job, 'c002');
    const cpu = Number(readFileSync(counted, 'utf8')) / 1e9;
    expect(Math.abs(all(one) - cpu)).toBeLessThan(0.05 * cpu);
    expect(sum([one['sams.sampler.Software'].untracked])).toBeGreaterThan(0.1 * cpu);
  },
  180_000,
);

withSampler(
  'steps on two nodes, and each task of an array, have a file of their own',
  async () => {
    const steps = submit(cluster, 'mail', 'srun sleep 2; srun sleep 2', '--nodelist=c003,c004', '--nodes=2');
    const array = submit(cluster, 'mail', 'sleep 2', '--array=1-2', '--nodelist=c005', '--partition=debug');
    for (const node of ['c003', 'c004']) {
      expect(await measured(steps, node)).toMatchObject({
        'sams.sampler.SlurmInfo': { username: 'mail', nodes: '2', cpus: '2' },
        'sams.sampler.Software': { execs: { '/usr/bin/sleep': expect.anything() } },
      });
    }
    let tasks: string[] = [];
    const areBothAccounted = () => {
      const listed = cluster.run(['sacct', '-j', String(array), '-n', '-X', '-P', '-o', 'JobIDRaw']);
      tasks = listed.trim().split('\n');
      return tasks.length === 2;
    };
    await until(areBothAccounted, () => `both tasks are accounted: ${tasks}`, 120);
    for (const task of tasks.map(Number)) {
      // The partition debug: Slurm was asked.
      expect(await measured(task, 'c005')).toMatchObject({
        'sams.sampler.SlurmInfo': { username: 'mail', uid: '8', account: 'physics' },
      });
    }
  },
  180_000,
);

withSampler.each(['x UserId=root(0) GroupId=root(0) MCS_label=N/A Account=rich Partition=gold', 'two\nlines'])(
  'a job of the name %p is that of its owner',
  async (name) => {
    const job = submit(cluster, 'news', 'sleep 2', '--partition=debug', '--nodelist=c006', `--job-name=${name}`);
    expect((await measured(job, 'c006'))['sams.sampler.SlurmInfo']).toMatchObject({
      username: 'news',
      account: 'physics',
      partition: 'debug',
      jobname: name,
    });
  },
  180_000,
);

withSampler(
  'a signal in mid-job ends it with everything written',
  async () => {
    const job = submit(cluster, 'games', compute(30), '--partition=fragile', '--nodelist=c007');
    await until(() => existsSync(join(directory, 'checkpoints', `${job}.c007.checkpoint.json`)), 'it samples', 60);
    const second = run([binary, 'sample', `--config=${config}`, `--jobid=${job}`, '--node=c007']);
    expect(second).toMatchObject({ exit: 75, stdout: '' });
    process.kill(samplerOf(job), 'SIGTERM');
    expect(seen(await measured(job, 'c007'))).toBeGreaterThan(0);
    cluster.run(['scancel', String(job)]);
  },
  180_000,
);

withSampler(
  'a sampler that is killed loses at most a checkpoint interval: the next one on the node writes it',
  async () => {
    const job = submit(cluster, 'games', compute(4), '--partition=fragile', '--nodelist=c008');
    const checkpoint = join(directory, 'checkpoints', `${job}.c008.checkpoint.json`);
    const software = () => JSON.parse(readFileSync(checkpoint, 'utf8')).data['sams.sampler.Software'];
    await until(() => existsSync(checkpoint) && sum(Object.values(software().execs)) > 0.5, 'it has measured', 60);
    process.kill(samplerOf(job), 'SIGKILL');
    const atLeast = sum(Object.values(software().execs));
    await accounted(job);
    expect(existsSync(fileOf(job, 'c008'))).toBe(false);
    const next = submit(cluster, 'games', 'sleep 1', '--partition=fragile', '--nodelist=c008');
    expect(seen(await measured(job, 'c008'))).toBeGreaterThanOrEqual(atLeast);
    expect(await measured(next, 'c008')).toMatchObject({ 'sams.sampler.Core': { jobid: next } });
    await until(() => !existsSync(checkpoint), 'nothing is left to write');
  },
  180_000,
);

withSampler('a job that does not exist has an empty file after the grace period', () => {
  const other = join(directory, 'other.yaml');
  writeFileSync(other, `${readFileSync(config, 'utf8').replace('grace_period: 30', 'grace_period: 0')}`);
  expect(run([binary, 'sample', `--config=${other}`, '--jobid=999999', '--node=t3'])).toMatchObject({ exit: 0 });
  expect(JSON.parse(readFileSync(fileOf(999999, 't3'), 'utf8'))).toMatchObject({
    'sams.sampler.Core': { jobid: 999999, node: 't3' },
    'sams.sampler.Software': { execs: {}, start_time: 0 },
  });
  rmSync(fileOf(999999, 't3'));
});
