/** `jobs export` of a real Slurm into the receiver, measured by what `sacct` says when it is asked in another way. */

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, expect } from 'bun:test';
import { join } from 'node:path';
import { newSite, type Site } from '../support/site.ts';
import { askHistory, type PastJob } from '../support/slurm/ask.ts';
import { type Cluster, slurmIsThere, startSlurm, withSlurm as test } from '../support/slurm/cluster.ts';
import type { Scenario } from '../support/slurm/scenario.ts';
import { sharedSlurm, sharedSlurmTimeout } from '../support/slurm/shared.ts';
import { until } from '../support/until.ts';

type Row = Record<string, string | number | null>;

let cluster: Cluster;
let scenario: Scenario;
let site: Site;
beforeAll(async () => {
  if (!slurmIsThere) return;
  ({ cluster, scenario } = await sharedSlurm());
  site = newSite();
  const { url } = await site.serve();
  const added = await site.run('serve', 'key', 'add', 'export', '--cluster', 'suite', '--database', receiverDatabase());
  site.configure('env', `INGEST_API_URL=${url}\nINGEST_API_KEY=${added.stdout.trim()}\n`);
  site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
}, sharedSlurmTimeout);
afterAll(async () => {
  if (slurmIsThere) await site.remove();
});

const receiverDatabase = () => join(site.directory, 'receiver.db');

const onCluster = (...args: string[]) =>
  site.start(args, { env: { ...site.env, SLURM_CONF: cluster.env.SLURM_CONF, PATH: cluster.env.PATH } }).ended;

/** What the receiver has, by the job's name and when it was submitted. */
function received(): Map<string, Row> {
  const database = new Database(receiverDatabase(), { readonly: true });
  try {
    const rows = database.query<Row, []>("SELECT * FROM jobs WHERE cluster = 'suite'").all();
    return new Map(rows.map((row) => [`${row.job_id} ${row.submit}`, row]));
  } finally {
    database.close();
  }
}

const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);
const keyOf = ({ called, submit }: PastJob) => `${called} ${time(submit)}`;
/** A job that never had a node starts, for sacct, when it ends, or not at all. */
const startsOf = ({ start, end }: PastJob) => (start === null ? [null, time(end ?? 0)] : [time(start)]);
const unfinished = ['RUNNING', 'PENDING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING'];
/** Every run that has ended, but for the job that was cancelled while it was held: no window of time has it. */
const past = () => {
  const { cancelledBeforeStart, ...others } = scenario.ended;
  const ids = [...Object.values(others), ...Object.values(scenario.living)].flat();
  return askHistory(cluster, ids).filter(({ state, end }) => end !== null && !unfinished.includes(state));
};

test('every run of every job that has ended arrives, once, as Slurm tells of it', async () => {
  const { exit, stderr } = await onCluster('jobs', 'export', '-v');
  expect({ exit, problems: stderr.match(/(ERROR|WARNING).*/g) }).toEqual({ exit: 0, problems: null });
  const [rows, expected] = [received(), past()];
  expect([...rows.keys()].sort()).toEqual(expected.map(keyOf).sort());
  for (const job of expected) {
    expect<unknown[]>(startsOf(job)).toContainEqual(rows.get(keyOf(job))?.start);
    const state = job.id === scenario.ended.stepOutOfMemory && cluster.tellsOutOfMemory ? 'OUT_OF_MEMORY' : job.state;
    expect(rows.get(keyOf(job))).toMatchObject({
      user: job.user,
      account: job.account,
      partition: job.partition,
      state,
      end: time(job.end ?? 0),
      cpus: job.cpus,
      gpus: job.gpus,
      // A run that was queued again and never started still has the last one's count in Slurm.
      nodes: job.nodeList === 'None assigned' ? 0 : job.nodes,
      cpu_hours: (job.elapsed / 3600) * job.cpus,
      gpu_hours: (job.elapsed / 3600) * job.gpus,
    });
  }
});

test('every end that a job can have is among them', () => {
  const states = new Set([...received().values()].map(({ state }) => state));
  for (const state of ['COMPLETED', 'FAILED', 'CANCELLED', 'TIMEOUT', 'NODE_FAIL', 'PREEMPTED', 'REQUEUED', 'DEADLINE'])
    expect(states).toContain(state);
  expect(states.has('OUT_OF_MEMORY')).toBe(cluster.tellsOutOfMemory);
  const { cancelledWhileWaiting, cancelledBeforeItsTime } = scenario.ended;
  for (const id of [cancelledWhileWaiting, cancelledBeforeItsTime]) {
    const rows = [...received().values()].filter(({ job_id }) => job_id === `${id}`);
    expect(rows).toMatchObject([{ state: 'CANCELLED', nodes: 0, node_list: null, cpu_hours: 0 }]);
  }
});

test('nothing is sent a second time; of what has ended since, only that', async () => {
  const again = await onCluster('jobs', 'export', '-v');
  expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining(', 0 new or changed;') });
  const id = cluster.run(['sbatch', '--parsable', '--wait', '--output=/dev/null', '--wrap=true'], 'games').trim();
  const isAccounted = () => askHistory(cluster, [Number(id)]).some(({ end }) => end !== null);
  await until(isAccounted, 'the accounting knows that it has ended', 30);
  const before = received().size;
  expect(await onCluster('jobs', 'export', '-v')).toMatchObject({
    exit: 0,
    stderr: expect.stringContaining(', 1 new or changed;'),
  });
  expect(received().size).toBe(before + 1);
});

test('a dry run says in numbers what the receiver says of it', async () => {
  const { exit, stdout } = await onCluster('jobs', 'export', '--days', '2', '--dry-run');
  expect(exit).toBe(0);
  const rows = [...received().values()];
  const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0).toFixed(2);
  expect(stdout).toContain(`  Jobs: ${rows.length}\n  New or changed: 0\n`);
  expect(stdout).toContain(`  Total CPU-hours: ${sum('cpu_hours')}\n  Total GPU-hours: ${sum('gpu_hours')}\n`);
});

test('without a name in the configuration it is what Slurm calls the cluster', async () => {
  site.configure('collector.yaml', '');
  const { exit, stdout } = await onCluster('jobs', 'export', '--days', '1', '--json-only');
  site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
  expect(exit).toBe(0);
  const name = /^ClusterName\s*=\s*(\S+)/m.exec(cluster.run(['scontrol', 'show', 'config']))?.[1];
  expect(name).toBeString();
  for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ hostname: name });
});

test('while slurmdbd hangs or is gone nothing is stored, the line says so, and what ended is exported when it is back', async () => {
  const own = await startSlurm();
  try {
    const run = (...args: string[]) =>
      site.start([...args, '--outbox', join(site.directory, 'own.db')], {
        env: { ...site.env, SLURM_CONF: own.env.SLURM_CONF, PATH: own.env.PATH },
      }).ended;
    own.run(['sbatch', '--wait', '--output=/dev/null', '--wrap=true'], 'games');
    site.configure('collector.yaml', 'jobs: { cluster_name: suite, timeout: 2 }\n');
    own.signal('slurmdbd', 'SIGSTOP');
    const hangs = await run('jobs', 'export', '-v');
    expect(hangs.exit).toBe(1);
    expect(hangs.stderr).toMatch(/✗ nothing is stored of the jobs that ended .*: .*sacct .*did not end within 2 s/);
    own.signal('slurmdbd', 'SIGCONT');
    site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
    const back = await run('jobs', 'export', '-v');
    expect(back).toMatchObject({ exit: 0, stderr: expect.stringContaining(', 1 new or changed;') });

    own.signal('slurmdbd', 'SIGKILL');
    const gone = await run('jobs', 'export', '-v');
    expect(gone.exit).toBe(1);
    expect(gone.stderr).toMatch(/✗ nothing is stored .*slurmdbd does not answer.*nothing is lost/);
  } finally {
    await own.stop();
  }
}, 120_000);
