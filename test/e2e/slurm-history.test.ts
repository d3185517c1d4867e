/**
 * `jobs export` of a real Slurm, and of what was recorded of one, into the receiver, measured by what `sacct` says when it is
 * asked in another way.
 */

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect } from 'bun:test';
import { join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import type { Answer } from '../../src/server/usage/engine/answer.ts';
import { install } from '../support/playback.ts';
import { newSite } from '../support/site.ts';
import { askHistory, type PastJob } from '../support/slurm/ask.ts';
import { startSlurm } from '../support/slurm/cluster.ts';
import { sharedSlurmTimeout } from '../support/slurm/shared.ts';
import { type Asked, recordedScenario, sources } from '../support/slurm/sources.ts';
import { endedAndLiving } from '../support/slurm/status-system.ts';
import { until } from '../support/until.ts';

type Row = Record<string, string | number | null>;

/** A host beside a receiver that takes the jobs of its cluster. */
async function newExportingSite() {
  const site = newSite();
  const database = join(site.directory, 'receiver.db');
  const { url } = await site.serve();
  const added = await site.run('serve', 'key', 'add', 'export', '--cluster', 'suite', '--database', database);
  site.configure('env', `INGEST_API_URL=${url}\nINGEST_API_KEY=${added.stdout.trim()}\n`);
  return {
    ...site,
    /** Answers of the receiver about the usage of the cluster. */
    async usage(query: string): Promise<Answer> {
      const response = await fetch(`${url}/api/v1/usage/query?cluster=suite&${query}`);
      if (!response.ok) throw new Error(await response.text());
      return (await response.json()) as Answer;
    },
    /** What the receiver has, by the job's name and when it was submitted. */
    received(): Map<string, Row> {
      const opened = new Database(database, { readonly: true });
      try {
        const rows = opened.query<Row, []>("SELECT * FROM jobs WHERE cluster = 'suite'").all();
        return new Map(rows.map((row) => [`${row.job_id} ${row.submit}`, row]));
      } finally {
        opened.close();
      }
    },
  };
}
type ExportingSite = Awaited<ReturnType<typeof newExportingSite>>;

const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19);
const keyOf = ({ called, submit }: PastJob) => `${called} ${time(submit)}`;
const unfinished = ['RUNNING', 'PENDING', 'SUSPENDED', 'COMPLETING', 'CONFIGURING'];
for (const { name, isThere, test, open } of sources) {
  describe(name, () => {
    let asked: Asked;
    let site: ExportingSite;
    beforeAll(async () => {
      if (!isThere) return;
      asked = await open();
      site = await newExportingSite();
      site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
      if (asked.env !== null) return;
      // In the place of Slurm's, which may be here as well.
      const programs = join(site.directory, 'programs');
      install(programs, { sacct: `#!/bin/sh\nexec cat ${quoteArgument(join(recordedScenario, 'sacct.txt'))}\n` });
      const settings = `cluster_name: suite, search_path: ['${programs}', /usr/bin, /bin]`;
      site.configure('collector.yaml', `jobs: { ${settings} }\n`);
    }, sharedSlurmTimeout);
    afterAll(async () => {
      if (isThere) await site.remove();
    });

    const run = (...args: string[]) => site.start(args, { env: { ...site.env, ...asked.env } }).ended;
    /** Of a recording, when it was made. */
    const range = () => {
      if (asked.env !== null) return [];
      const ends = past().flatMap(({ end }) => end ?? []);
      return ['--since', time(Math.min(...ends)), '--until', time(Math.max(...ends) + 1)];
    };
    /** Every run that has ended. */
    const past = () =>
      askHistory(asked.cluster, endedAndLiving(asked.scenario)).filter(
        ({ state, end }) => end !== null && !unfinished.includes(state),
      );

    test('every run of every finished job arrives once, with the values of Slurm', async () => {
      const { exit, stderr } = await run('jobs', 'export', '-v', ...range());
      expect({ exit, problems: stderr.match(/(ERROR|WARNING).*/g) }).toEqual({ exit: 0, problems: null });
      const [rows, expected] = [site.received(), past()];
      expect([...rows.keys()].sort()).toEqual(expected.map(keyOf).sort());
      for (const job of expected) {
        const state =
          job.id === asked.scenario.ended.stepOutOfMemory && asked.cluster.tellsOutOfMemory
            ? 'OUT_OF_MEMORY'
            : job.state;
        expect(rows.get(keyOf(job))).toMatchObject({
          user: job.user,
          account: job.account,
          partition: job.partition,
          state,
          start: job.start === null ? null : time(job.start),
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

    test.each(['state', 'account', 'partition', 'user'] as const)('the usage by %s is what sacct says', async (by) => {
      const expected = new Map<string, { jobs: number; cpu: number; gpu: number }>();
      for (const job of past()) {
        const isOutOfMemory = job.id === asked.scenario.ended.stepOutOfMemory && asked.cluster.tellsOutOfMemory;
        const name = by === 'state' && isOutOfMemory ? 'OUT_OF_MEMORY' : job[by];
        const sum = expected.get(name) ?? { jobs: 0, cpu: 0, gpu: 0 };
        sum.jobs += 1;
        sum.cpu += (job.elapsed / 3600) * job.cpus;
        sum.gpu += (job.elapsed / 3600) * job.gpus;
        expected.set(name, sum);
      }
      const query = `axis=ended&by=${by}&measure=jobs&measure=cpu_hours&measure=gpu_hours`;
      const { groups } = await site.usage(query);
      expect(groups.map(({ name }) => name ?? '').sort()).toEqual([...expected.keys()].sort());
      for (const { name, total } of groups) {
        const sum = expected.get(name ?? '');
        expect(total.jobs).toBe(sum?.jobs ?? 0);
        expect(Number(total.cpu_hours)).toBeCloseTo(sum?.cpu ?? 0, 6);
        expect(Number(total.gpu_hours)).toBeCloseTo(sum?.gpu ?? 0, 6);
      }
      // The hours are the same on the days on which the jobs ran.
      const hours = [...expected.values()].reduce((total, { cpu }) => total + cpu, 0);
      expect(Number((await site.usage('axis=ran&measure=cpu_hours')).total.cpu_hours)).toBeCloseTo(hours, 6);
    });

    test('every final state of a job is among them', () => {
      const states = new Set([...site.received().values()].map(({ state }) => state));
      for (const state of [
        'COMPLETED',
        'FAILED',
        'CANCELLED',
        'TIMEOUT',
        'NODE_FAIL',
        'PREEMPTED',
        'REQUEUED',
        'DEADLINE',
      ])
        expect(states).toContain(state);
      expect(states.has('OUT_OF_MEMORY')).toBe(asked.cluster.tellsOutOfMemory);
      const { cancelledBeforeStart, cancelledWhileWaiting, cancelledBeforeItsTime } = asked.scenario.ended;
      for (const id of [cancelledBeforeStart, cancelledWhileWaiting, cancelledBeforeItsTime]) {
        const rows = [...site.received().values()].filter(({ job_id }) => job_id === `${id}`);
        expect(rows).toMatchObject([{ state: 'CANCELLED', nodes: 0, node_list: null, cpu_hours: 0 }]);
      }
    });
  });
}

describe('a Slurm that runs', () => {
  const [, { isThere, test, open }] = sources;
  let asked: Asked;
  let site: ExportingSite;
  beforeAll(async () => {
    if (!isThere) return;
    asked = await open();
    site = await newExportingSite();
    site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
    expect(await run('jobs', 'export')).toMatchObject({ exit: 0 });
  }, sharedSlurmTimeout);
  afterAll(async () => {
    if (isThere) await site.remove();
  });
  const run = (...args: string[]) => site.start(args, { env: { ...site.env, ...asked.env } }).ended;

  test('only newly finished jobs are sent', async () => {
    const again = await run('jobs', 'export', '-v');
    expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining(', 0 new or changed;') });
    const id = asked.cluster
      .run(['sbatch', '--parsable', '--wait', '--output=/dev/null', '--wrap=true'], 'games')
      .trim();
    // Slurm knows the end some seconds before the partition: until then the record is not complete, and is not exported.
    const isAccounted = () =>
      askHistory(asked.cluster, [Number(id)]).some(({ end, partition }) => end !== null && partition !== '');
    await until(isAccounted, 'the accounting knows all of it', 90);
    const before = site.received().size;
    expect(await run('jobs', 'export', '-v')).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining(', 1 new or changed;'),
    });
    expect(site.received().size).toBe(before + 1);
  });

  test('a dry run has the same numbers as the receiver', async () => {
    const { exit, stdout } = await run('jobs', 'export', '--days', '2', '--dry-run');
    expect(exit).toBe(0);
    const rows = [...site.received().values()];
    const sum = (column: string) => rows.reduce((total, row) => total + Number(row[column]), 0).toFixed(2);
    expect(stdout).toContain(`  Jobs: ${rows.length}\n  New or changed: 0\n`);
    expect(stdout).toContain(`  Total CPU-hours: ${sum('cpu_hours')}\n  Total GPU-hours: ${sum('gpu_hours')}\n`);
  });

  test('without a configured name the cluster has its name in Slurm', async () => {
    site.configure('collector.yaml', '');
    const { exit, stdout } = await run('jobs', 'export', '--days', '1', '--json-only');
    site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
    expect(exit).toBe(0);
    const name = /^ClusterName\s*=\s*(\S+)/m.exec(asked.cluster.run(['scontrol', 'show', 'config']))?.[1];
    expect(name).toBeString();
    for (const line of stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ hostname: name });
  });

  test('while slurmdbd hangs or is down nothing is stored, with an error; the jobs are exported when it is back', async () => {
    const own = await startSlurm();
    try {
      const runOn = (...args: string[]) =>
        site.start([...args, '--outbox', join(site.directory, 'own.db')], {
          env: { ...site.env, SLURM_CONF: own.env.SLURM_CONF, PATH: own.env.PATH },
        }).ended;
      own.run(['sbatch', '--wait', '--output=/dev/null', '--wrap=true'], 'games');
      const isComplete = () => askHistory(own).some(({ end, partition }) => end !== null && partition !== '');
      await until(isComplete, 'the accounting knows the job', 90);
      site.configure('collector.yaml', 'jobs: { cluster_name: suite, timeout: 2 }\n');
      own.signal('slurmdbd', 'SIGSTOP');
      const hangs = await runOn('jobs', 'export', '-v');
      expect(hangs.exit).toBe(1);
      expect(hangs.stderr).toMatch(/✗ no jobs that ended .* are stored: .*sacct .*did not end within 2 s/);
      own.signal('slurmdbd', 'SIGCONT');
      site.configure('collector.yaml', 'jobs: { cluster_name: suite }\n');
      const back = await runOn('jobs', 'export', '-v');
      expect(back).toMatchObject({ exit: 0, stderr: expect.stringContaining(', 1 new or changed;') });

      const well = await runOn('doctor', '--json');
      expect(well.stdout).toContain('{"name":"ingest sacct","result":"pass","message":"answers here","remedy":null}');

      own.signal('slurmdbd', 'SIGKILL');
      const gone = await runOn('jobs', 'export', '-v');
      expect(gone.exit).toBe(1);
      expect(gone.stderr).toMatch(/✗ no jobs that ended .* are stored: .*slurmdbd does not answer.*no jobs are lost/);
      const { stdout } = await runOn('doctor', '--json');
      expect(stdout).toMatch(/\{"name":"ingest sacct","result":"fail","message":"sacct: slurmdbd does not answer /);
    } finally {
      await own.stop();
    }
  }, 300_000);
});
