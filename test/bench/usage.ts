import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, isPostgresInstalled, sharedCluster } from '../support/postgres.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { cpuSecondsOf, peakMibOf, waitedMsOf } from './process-usage.ts';
import { table } from './table.ts';
import { type ChartTotals, type DuckResult, measureDuck } from './usage-duckdb.ts';
import { type BenchJob, benchClusters, recordOf, yearOfJobs } from './usage-jobs.ts';
import { storeSegments } from './usage-segments.ts';

/** Jobs of four clusters in a year. USAGE_JOBS=20000000 tries what a large site has in some years. */
const jobCount = Number(process.env.USAGE_JOBS ?? 5_000_000);
/** Jobs that are sent, in requests of `batch`; the first of two clusters have twice as many. The charts have jobs that are not sent. */
const sentJobs = Math.min(jobCount, 1_000_000);
const batch = 50_000;
const rounds = 20;

type Row = readonly [name: string, value: string, aim: string];
type Engine = 'SQLite' | 'PostgreSQL';

/** Usage history of a year: how jobs are stored, and every chart of the dashboard, beside DuckDB on the same jobs. */
export async function benchUsage(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const directory = join(import.meta.dir, '../../dist/duckdb');
  mkdirSync(directory, { recursive: true });
  const csv = join(directory, 'jobs.csv');
  try {
    const duck = await measureDuck(directory, csv, jobCount);
    for (const engine of isPostgresInstalled ? (['SQLite', 'PostgreSQL'] as const) : (['SQLite'] as const)) {
      const sent = await withReceiver(engine, measureIngest);
      print(`${sentJobs.toLocaleString('en')} jobs sent to a receiver with ${engine}`, sent);
      const asked = await withReceiver(engine, (site, database) => measureAnswers(site, database, duck));
      print(`Questions about ${jobCount.toLocaleString('en')} jobs of a year with ${engine}`, asked);
    }
  } finally {
    rmSync(csv, { force: true });
    // Its connections would keep this process running.
    if (isPostgresInstalled) await (await sharedCluster()).remove();
  }
}

function print(title: string, rows: readonly Row[]): void {
  console.log(`\n${title}\n`);
  console.log(table(['', 'measured', 'aim'], rows));
}

async function withReceiver<Result>(
  engine: Engine,
  work: (site: Site, database: string) => Promise<Result>,
): Promise<Result> {
  const site = newSite();
  try {
    const database =
      engine === 'SQLite' ? join(site.directory, 'receiver.db') : await (await sharedCluster()).makeDatabase();
    return await work(site, database);
  } finally {
    await site.remove();
  }
}

async function headersFor(site: Site, database: string): Promise<Record<string, string>> {
  const { stdout } = await site.run('serve', 'key', 'add', 'bench', '--all', '--database', database);
  return { 'X-API-Key': stdout.trim(), 'Content-Type': 'application/json' };
}

async function measureIngest(site: Site, database: string): Promise<Row[]> {
  const headers = await headersFor(site, database);
  const server = await serve(site, database);
  const rows: Row[] = [];
  let [stored, measured, cpu] = [0, 0, 0];
  for (const { cluster, jobs } of batches()) {
    const body = JSON.stringify({ hostname: cluster, jobs: jobs.map(recordOf) });
    const address = `${server.url}/api/data/ingest`;
    const isLarge = jobs.length > batch;
    if (isLarge && cluster === benchClusters[1]) {
      const file = join(site.directory, 'body.json');
      await Bun.write(file, body);
      const began = performance.now();
      const slowest = await slowestAnswer(server, () => postFile(address, headers, file));
      const elapsed = performance.now() - began;
      // On a busy machine answers are slow without it, too.
      const without = await slowestAnswer(server, () => Bun.sleep(elapsed));
      rows.push(['slowest other answer meanwhile, ms', slowest.ms.toFixed(0), '50']);
      rows.push(['slowest answer after it, ms', without.ms.toFixed(0), '']);
      rows.push(['slowest meanwhile but for waiting for a processor, ms', slowest.ownMs.toFixed(0), '50']);
    } else {
      const before = cpuSecondsOf(server.pid);
      await post(address, headers, body);
      const used = cpuSecondsOf(server.pid) - before;
      const count = jobs.length.toLocaleString('en');
      if (measured === 0) rows.push([`${count} jobs in one request, CPU s`, used.toFixed(2), '1.5']);
      cpu += used;
      measured += jobs.length;
    }
    stored += jobs.length;
  }
  rows.push(['CPU s for 100,000 jobs, mean', ((cpu / measured) * 1e5).toFixed(2), '1.5']);
  const stats = await site.run('serve', 'stats', '--json', '--database', database);
  for (const line of stats.stdout.trim().split('\n')) {
    const { kind, bytes } = JSON.parse(line) as { kind: string; bytes: number };
    if (kind.includes('job')) rows.push([`${kind}, bytes for each job`, (bytes / stored).toFixed(1), '']);
  }
  rows.push(['peak memory, MiB', peakMibOf(server.pid).toFixed(0), '']);
  await server.stop();
  return rows;
}

/** What the usage page of the dashboard asks for. */
const usagePage =
  'page?by=account&period=month&top=8&compare=true&measure=cpu_hours,jobs,users,gpu_hours,node_hours,wait,duration,wait_histogram,duration_histogram,efficiency'.replaceAll(
    ',',
    '&measure=',
  );

async function measureAnswers(site: Site, database: string, duck: DuckResult): Promise<Row[]> {
  const headers = await headersFor(site, database);
  await storeSegments(database.startsWith('postgres') ? addressOf(database) : database, jobCount);
  const server = await serve(site, database);
  const chartsOf = (request: Record<string, unknown>) =>
    post(`${server.url}/api/dashboard/charts`, headers, JSON.stringify(request));
  const charts = async () => {
    const [cpuBefore, began] = [cpuSecondsOf(server.pid), performance.now()];
    const answers: ChartTotals[] = [];
    for (const hostname of benchClusters) {
      const answer = JSON.parse(await chartsOf({ hostname }));
      answers.push({
        jobs: answer.summary.total_jobs,
        cpuHours: answer.summary.total_cpu_hours,
        users: answer.summary.total_users,
        medianWait: answer.waiting_times_hist.median,
      });
    }
    return { answers, cpu: cpuSecondsOf(server.pid) - cpuBefore, wall: (performance.now() - began) / 1000 };
  };
  const get = async (path: string) => {
    const response = await fetch(`${server.url}/api/v1/usage/${path}`, { headers });
    if (!response.ok) throw new Error(await response.text());
    await response.arrayBuffer();
  };
  const ask = (query: string) => leastOf(server.pid, () => get(`query?${query}`));
  const first = await charts();
  const warm: number[] = [];
  for (let round = 0; round < rounds; round++) warm.push((await charts()).cpu);
  const [hostname] = benchClusters;
  const rows: Row[] = [
    ['all charts, first after a start, s', first.wall.toFixed(2), ''],
    ['all charts, first after a start, CPU s', first.cpu.toFixed(2), ''],
    ['all charts, CPU s: best', Math.min(...warm).toFixed(2), `0.3; DuckDB / 10: ${(duck.chartsCpu / 10).toFixed(2)}`],
    [`all charts, CPU s: last of ${rounds}`, (warm.at(-1) ?? 0).toFixed(2), 'not slower'],
    ['charts of one cluster, CPU s', (await meanOf(server.pid, () => chartsOf({ hostname }))).toFixed(3), ''],
  ];
  for (const filter of [{ partitions: ['gpu'] }, { states: ['COMPLETED'] }, { start_date: '2026-05-01' }]) {
    const cpu = await meanOf(server.pid, () => chartsOf({ hostname, ...filter }));
    rows.push([`its charts with the filter ${Object.keys(filter).join()}, CPU s`, cpu.toFixed(3), 'less']);
  }
  rows.push(['totals and series, CPU s', (await ask('period=month&measure=cpu_hours&by=account')).toFixed(2), '0.1']);
  const percentiles = await ask('axis=submitted&period=month&measure=wait');
  rows.push(['percentiles by month, CPU s', percentiles.toFixed(2), '1.5']);
  for (const filter of ['', '&partition=gpu', '&state=COMPLETED']) {
    const seconds = (await medianSeconds(() => get(usagePage + filter))).toFixed(2);
    rows.push([`the usage page${filter.replace('&', ', ')}, s`, seconds, filter && '0.3']);
  }
  rows.push(['peak memory, MiB', peakMibOf(server.pid).toFixed(0), '400']);
  rows.push(['DuckDB: all charts, CPU s', duck.chartsCpu.toFixed(2), '']);
  rows.push(['same numbers as DuckDB', sameTotals(first.answers, duck.totals) ? 'yes' : 'NO', 'yes']);
  await server.stop();
  return rows;
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
    const count = Math.floor(sentJobs / benchClusters.length);
    let size = index < 2 ? 2 * batch : batch;
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

const postScript = `
const [url, headers, file] = process.argv.slice(1);
const { status } = await fetch(url, { method: 'POST', headers: JSON.parse(headers), body: Bun.file(file) });
process.exitCode = status === 200 ? 0 : 1;
`;

/** Sends a file from another process: in this one it would delay the answers that are measured. */
async function postFile(url: string, headers: Record<string, string>, file: string): Promise<void> {
  const { exited } = Bun.spawn([process.execPath, '-e', postScript, url, JSON.stringify(headers), file]);
  if ((await exited) !== 0) throw new Error(`the receiver refuses ${file}`);
}

/**
 * Returns the milliseconds of the slowest small request while a large one runs. `ownMs` does not count the time in which
 * the receiver or this process waited for a processor that other threads and programs had.
 */
async function slowestAnswer(
  { url, pid }: { readonly url: string; readonly pid: number },
  work: () => Promise<unknown>,
): Promise<{ readonly ms: number; readonly ownMs: number }> {
  let [isDone, ms, ownMs] = [false, 0, 0];
  const working = work().finally(() => {
    isDone = true;
  });
  const { hostname, port, host } = new URL(url);
  let answered = (): void => undefined;
  // `fetch` has a thread of its own, which also waits for a processor.
  const socket = await Bun.connect({ hostname, port: Number(port), socket: { data: () => answered() } });
  const waited = () => waitedMsOf(pid) + waitedMsOf(process.pid);
  while (!isDone) {
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = resolve;
    const [waitedBefore, began] = [waited(), performance.now()];
    socket.write(`GET /api/dashboard/version HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await promise;
    const taken = performance.now() - began;
    ms = Math.max(ms, taken);
    ownMs = Math.max(ownMs, taken - (waited() - waitedBefore));
    await Bun.sleep(5);
  }
  socket.end();
  await working;
  return { ms, ownMs };
}

/** Returns the mean CPU seconds of ten attempts. Linux counts them in hundredths. */
async function meanOf(pid: number, work: () => Promise<unknown>): Promise<number> {
  const attempts = 10;
  const before = cpuSecondsOf(pid);
  for (let attempt = 0; attempt < attempts; attempt++) await work();
  return (cpuSecondsOf(pid) - before) / attempts;
}

/** Returns the median seconds of five attempts after a first one. */
async function medianSeconds(work: () => Promise<unknown>): Promise<number> {
  await work();
  const seconds: number[] = [];
  for (let attempt = 0; attempt < 5; attempt++) {
    const began = performance.now();
    await work();
    seconds.push((performance.now() - began) / 1000);
  }
  return seconds.sort((a, b) => a - b)[2] ?? 0;
}

/** Returns the least CPU seconds of three attempts. */
async function leastOf(pid: number, work: () => Promise<unknown>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 3; attempt++) {
    const before = cpuSecondsOf(pid);
    await work();
    least = Math.min(least, cpuSecondsOf(pid) - before);
  }
  return least;
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
