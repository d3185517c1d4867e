import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isPostgresInstalled, sharedCluster } from '../support/postgres.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { cpuSecondsOf, peakMibOf } from './process-usage.ts';
import { table } from './table.ts';
import { type ChartTotals, type DuckResult, measureDuck } from './usage-duckdb.ts';
import { type BenchJob, benchClusters, recordOf, yearOfJobs } from './usage-jobs.ts';

/** Jobs of four clusters in a year. USAGE_JOBS=20000000 tries what a large site has in some years. */
const jobCount = Number(process.env.USAGE_JOBS ?? 5_000_000);
/** Jobs in a request. The first request of each engine has twice as many. */
const batch = 50_000;
const rounds = 20;

type EngineResult = {
  readonly engine: string;
  readonly rows: readonly (readonly [name: string, value: string, aim: string])[];
  readonly totals: readonly ChartTotals[];
};

/** Usage history of a year: how jobs are stored, and every chart of the dashboard, beside DuckDB on the same jobs. */
export async function benchUsage(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const directory = join(import.meta.dir, '../../dist/duckdb');
  mkdirSync(directory, { recursive: true });
  const csv = join(directory, 'jobs.csv');
  try {
    const duck = await measureDuck(directory, csv, jobCount);
    const sqlite = await measureReceiver('SQLite', duck);
    const results = [sqlite, ...(isPostgresInstalled ? [await measureReceiver('PostgreSQL', duck)] : [])];
    for (const { engine, rows } of results) {
      console.log(`\n${jobCount.toLocaleString('en')} jobs of a year on ${engine}\n`);
      console.log(table(['', 'measured', 'aim'], rows));
    }
  } finally {
    rmSync(csv, { force: true });
  }
}

async function measureReceiver(engine: string, duck: DuckResult): Promise<EngineResult> {
  const site = newSite();
  try {
    const database =
      engine === 'SQLite' ? join(site.directory, 'receiver.db') : await (await sharedCluster()).makeDatabase();
    const { stdout } = await site.run('serve', 'key', 'add', 'bench', '--all', '--database', database);
    const headers = { 'X-API-Key': stdout.trim(), 'Content-Type': 'application/json' };
    let server = await serve(site, database);
    const rows: [string, string, string][] = [];

    let [stored, cpu] = [0, 0];
    for (const { cluster, jobs } of batches()) {
      const body = JSON.stringify({ hostname: cluster, jobs: jobs.map(recordOf) });
      const before = cpuSecondsOf(server.pid);
      const isFirst = stored === 0;
      const latency = await slowestAnswer(server.url, () => post(`${server.url}/api/data/ingest`, headers, body));
      const used = cpuSecondsOf(server.pid) - before;
      if (isFirst) {
        rows.push([`${jobs.length.toLocaleString('en')} jobs in one request, CPU s`, used.toFixed(2), '1.5']);
        rows.push(['slowest other answer meanwhile, ms', latency.toFixed(0), '50']);
      }
      cpu += used;
      stored += jobs.length;
    }
    rows.push(['CPU s for 100,000 jobs, mean', ((cpu / stored) * 1e5).toFixed(2), '1.5']);
    const stats = await site.run('serve', 'stats', '--json', '--database', database);
    for (const line of stats.stdout.trim().split('\n')) {
      const { kind, bytes } = JSON.parse(line) as { kind: string; bytes: number };
      if (kind.includes('job')) rows.push([`${kind}, bytes for each job`, (bytes / stored).toFixed(1), '']);
    }

    await server.stop();
    server = await serve(site, database);
    const charts = async () => {
      const [cpuBefore, began] = [cpuSecondsOf(server.pid), performance.now()];
      const answers: ChartTotals[] = [];
      for (const hostname of benchClusters) {
        const answer = JSON.parse(
          await post(`${server.url}/api/dashboard/charts`, headers, JSON.stringify({ hostname })),
        );
        answers.push({
          jobs: answer.summary.total_jobs,
          cpuHours: answer.summary.total_cpu_hours,
          users: answer.summary.total_users,
          medianWait: answer.waiting_times_hist.median,
        });
      }
      return { answers, cpu: cpuSecondsOf(server.pid) - cpuBefore, wall: (performance.now() - began) / 1000 };
    };
    const first = await charts();
    const warm: number[] = [];
    for (let round = 0; round < rounds; round++) warm.push((await charts()).cpu);
    const best = Math.min(...warm);
    rows.push(['all charts, first after a start, s', first.wall.toFixed(2), '']);
    rows.push(['all charts, CPU s: best', best.toFixed(2), `0.3; DuckDB / 10: ${(duck.chartsCpu / 10).toFixed(2)}`]);
    rows.push([`all charts, CPU s: last of ${rounds}`, (warm.at(-1) ?? 0).toFixed(2), 'not slower']);
    const filtered = await timed(server.pid, () =>
      post(
        `${server.url}/api/dashboard/charts`,
        headers,
        JSON.stringify({ hostname: benchClusters[0], partitions: ['gpu'] }),
      ),
    );
    const whole = await timed(server.pid, () =>
      post(`${server.url}/api/dashboard/charts`, headers, JSON.stringify({ hostname: benchClusters[0] })),
    );
    rows.push(['charts of one cluster, CPU s', whole.toFixed(2), '']);
    rows.push(['charts of its partition gpu, CPU s', filtered.toFixed(2), 'less']);
    const ask = (query: string) =>
      timed(server.pid, async () => {
        const response = await fetch(`${server.url}/api/v1/usage/query?${query}`, { headers });
        if (!response.ok) throw new Error(await response.text());
        await response.arrayBuffer();
      });
    rows.push(['totals and series, CPU s', (await ask('period=month&measure=cpu_hours&by=account')).toFixed(2), '0.1']);
    rows.push([
      'percentiles by month, CPU s',
      (await ask('axis=submitted&period=month&measure=wait')).toFixed(2),
      '1.5',
    ]);
    rows.push(['peak memory, MiB', peakMibOf(server.pid).toFixed(0), '400']);
    rows.push(['DuckDB: all charts, CPU s', duck.chartsCpu.toFixed(2), '']);
    rows.push(['same numbers as DuckDB', sameTotals(first.answers, duck.totals) ? 'yes' : 'NO', 'yes']);
    return { engine, rows, totals: first.answers };
  } finally {
    await site.remove();
  }
}

async function serve(site: Site, database: string) {
  const running = site.start(['serve', '--listen', '127.0.0.1:0', '--database', database, '--max-ingest-mib', '256']);
  const [, url = ''] = await running.said(/Listening on (\S+)/);
  return {
    url,
    pid: running.pid,
    async stop() {
      running.kill('SIGTERM');
      await running.ended;
    },
  };
}

function* batches(): Generator<{ readonly cluster: string; readonly jobs: readonly BenchJob[] }> {
  for (const [index, cluster] of benchClusters.entries()) {
    const count = Math.floor(jobCount / benchClusters.length);
    let size = index === 0 ? 2 * batch : batch;
    for (const jobs of yearOfJobs(count, index + 1, () => size)) {
      yield { cluster, jobs };
      size = batch;
    }
  }
}

async function post(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`the receiver answers ${response.status}: ${text.slice(0, 300)}`);
  return text;
}

/** Returns the milliseconds of the slowest small request while a large one runs. */
async function slowestAnswer(url: string, work: () => Promise<unknown>): Promise<number> {
  let [isDone, slowest] = [false, 0];
  const working = work().finally(() => {
    isDone = true;
  });
  while (!isDone) {
    const began = performance.now();
    await (await fetch(`${url}/api/dashboard/version`)).arrayBuffer();
    slowest = Math.max(slowest, performance.now() - began);
    await Bun.sleep(5);
  }
  await working;
  return slowest;
}

async function timed(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = cpuSecondsOf(pid);
  await work();
  return cpuSecondsOf(pid) - before;
}

function sameTotals(ours: readonly ChartTotals[], theirs: readonly ChartTotals[]): boolean {
  const isAlike = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b));
  return ours.every((one, index) => {
    const other = theirs[index];
    return (
      other !== undefined &&
      one.jobs === other.jobs &&
      one.users === other.users &&
      isAlike(one.cpuHours, other.cpuHours) &&
      isAlike(one.medianWait, other.medianWait)
    );
  });
}
