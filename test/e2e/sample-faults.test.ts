/** What can go wrong for the sampler, on the binary: wrong ids, full disks, hidden processes. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { mountDisk, onDisk } from '../support/disk.ts';
import { needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { type SampledNode, sampledNode } from '../support/sample.ts';
import { hasControlGroups } from '../support/slurm/cluster.ts';
import { start } from '../support/start.ts';

let node: SampledNode;
beforeEach(() => {
  node = sampledNode();
});
afterEach(() => node.remove());

const fileOf = (job: number) => join(node.data, `${job}.n1.json`);

test.each([
  ['12_3', '--jobid 12_3 is an array id: give the number of this task, SLURM_JOB_ID in its environment'],
  ['abc', '--jobid abc is not the number of a job: give one such as 12345'],
  ['-1', '--jobid -1 is not the number of a job'],
  ['12;id', '--jobid 12;id is not the number of a job'],
])('the job id %p is refused in words', async (id, words) => {
  node.configure({ outputs: '[File]' });
  expect(await node.run(id)).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining(words) });
});

test('without --jobid it says what to give', async () => {
  const [program = '', ...rest] = node.command(1).filter((word) => !word.startsWith('--jobid'));
  expect(run([program, ...rest])).toMatchObject({ exit: 2, stderr: expect.stringContaining('needs --jobid') });
});

onDisk('a full disk for the output: the checkpoint keeps the data, and the next sampler writes them', async () => {
  const disk = mountDisk(256);
  try {
    const data = join(disk.path, 'data');
    node.configure({ outputs: '[Spool]', more: `output.Spool: { path: ${data}, retry_count: 0 }` });
    disk.fill();
    expect(await node.run(999_998)).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/job 999998: sams\.output\.Spool: .*[Nn]o space left.*the next sampler/),
    });
    disk.free();
    expect(await node.run(999_999)).toMatchObject({ exit: 0, stderr: '' });
    expect(readdirSync(data).sort()).toEqual(['999998.n1.json', '999999.n1.json']);
  } finally {
    disk.remove();
  }
});

onDisk('a full disk for the checkpoint: an error says so, and the output is written', async () => {
  const disk = mountDisk(256);
  try {
    node.configure({ outputs: '[File]', checkpoints: disk.path });
    disk.fill();
    expect(await node.run(999_999)).toMatchObject({
      exit: 0,
      stderr: expect.stringMatching(/cannot store the checkpoint of job 999999 in .*[Nn]o space left/),
    });
    expect(existsSync(fileOf(999_999))).toBe(true);
  } finally {
    disk.remove();
  }
});

const isRoot = process.getuid?.() === 0 && run(['unshare', '--pid', '--fork', '--mount', 'true']).exit === 0;

needsThat(isRoot, 'root and the right to mount').each([
  ['is hidden', 'mount -t proc -o hidepid=2 proc /proc', 'the processes of other users are hidden'],
  ['can be seen', 'mount -t proc proc /proc', 'the programs of processes of other users cannot be read'],
])('a user other than root, to whom /proc %s, is warned', async (_, mount, words) => {
  node.configure({ outputs: '[]' });
  run(['chmod', '-R', 'a+rwX', node.directory]);
  const command = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', ...node.command(999_999)];
  // Process 1 stays that of root.
  const script = `${mount} && "$@"; exit $?`;
  const argv = ['unshare', '--pid', '--fork', '--mount', 'sh', '-c', script, 'sh', ...command];
  const { exit, stderr } = await start(argv, { env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' } }).ended;
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining(words) });
  expect(stderr).toContain('run the sampler as root');
});

needsThat(hasControlGroups(), 'control groups of version 1')(
  'a job of a second, whose control group is removed before the end of the sampling, is measured',
  async () => {
    const groups = ['cpuacct', 'memory'].map((name) => `/sys/fs/cgroup/${name}/hpc-collector-${process.pid}`);
    const job = 900_000 + (process.pid % 90_000);
    const steps = groups.map((group) => `${group}/job_${job}/step_batch`);
    for (const step of steps) mkdirSync(step, { recursive: true });
    try {
      node.configure({ outputs: '[File]', grace: 60 });
      const sampler = node.start(job);
      const join = steps.map((step) => `echo $$ >${step}/cgroup.procs`).join('; ');
      const busy = 'end=$(($(date +%s) + 2)); while [ $(date +%s) -lt $end ]; do :; done';
      await start(['sh', '-c', `${join}; ${busy}`], { env: { PATH: '/usr/bin:/bin' } }).ended;
      const cpu = Number(readFileSync(`${groups[0]}/job_${job}/cpuacct.usage`, 'utf8')) / 1e9;
      for (const step of steps) run(['rmdir', step, `${step}/..`, `${step}/../..`]);
      sampler.kill('SIGHUP');
      expect(await sampler.ended).toMatchObject({ exit: 0, stderr: '' });
      const { execs, untracked } = JSON.parse(readFileSync(fileOf(job), 'utf8'))['sams.sampler.Software'];
      const all = [...Object.values<{ user: number; system: number }>(execs), untracked];
      const sum = all.reduce((total, { user, system }) => total + user + system, 0);
      expect(Object.keys(execs)).toContain('/usr/bin/dash');
      expect(sum).toBeLessThanOrEqual(cpu + 0.05);
      expect(sum).toBeGreaterThan(cpu / 2);
    } finally {
      for (const group of groups) run(['sh', '-c', `rmdir ${group}/job_*/step_batch ${group}/job_* ${group}`]);
    }
  },
);
