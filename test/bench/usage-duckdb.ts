import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { benchClusters, yearOfJobs } from './usage-jobs.ts';

/** The version that the numbers are compared with. It is no dependency of the project. */
const duckPackage = '@duckdb/node-api@1.5.6-r.1';

/** Numbers of the charts of a cluster that must be the same in both. */
export type ChartTotals = {
  readonly jobs: number;
  readonly users: number;
  readonly cpuHours: number;
  readonly medianWait: number;
};

export type DuckResult = { readonly chartsCpu: number; readonly totals: readonly ChartTotals[] };

/** Installs DuckDB into a directory, loads the jobs into its own file, and measures the queries behind all charts. */
export async function measureDuck(directory: string, csv: string, jobCount: number): Promise<DuckResult> {
  run(['npm', 'install', '--silent', '--no-save', '--prefix', directory, duckPackage]);
  await writeJobs(csv, jobCount);
  const script = join(directory, 'measure.mjs');
  await Bun.write(script, duckScript);
  return JSON.parse(run(['node', script, csv, JSON.stringify(benchClusters)]));
}

async function writeJobs(csv: string, jobCount: number): Promise<void> {
  const file = createWriteStream(csv);
  file.write(
    'cluster,job_id,user,account,partition,state,qos,submit,start,end,cpu_hours,gpu_hours,cpus,gpus,nodes,node_list\n',
  );
  for (const [index, cluster] of benchClusters.entries()) {
    for (const jobs of yearOfJobs(Math.floor(jobCount / benchClusters.length), index + 1, () => 50_000)) {
      const text = jobs.map((job) => `${cluster},${job.slice(0, -1).join(',')},"${job.at(-1)}"\n`).join('');
      if (!file.write(text)) await new Promise((resolve) => file.once('drain', resolve));
    }
  }
  await new Promise<void>((resolve) => file.end(resolve));
}

function run(argv: string[]): string {
  const ran = Bun.spawnSync(argv, { stderr: 'inherit' });
  if (!ran.success) throw new Error(`${argv.slice(0, 2).join(' ')} failed with ${ran.exitCode}`);
  return ran.stdout.toString();
}

/**
 * Runs in Node. Each list of queries is what the charts of a cluster show. Node lists are not expanded and hours not
 * divided at midnight, which DuckDB would need much more time for.
 */
const duckScript = `
import { rmSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
const [csv, clusters] = process.argv.slice(2);
const file = new URL('jobs.duckdb', import.meta.url).pathname;
rmSync(file, { force: true });
const connection = await (await DuckDBInstance.create(file)).connect();
await connection.run("CREATE TABLE jobs AS SELECT * FROM read_csv('" + csv + "', header = true)");
const all = async (sql) => (await connection.runAndReadAll(sql)).getRowObjects();
const hours = (from, to) => '(epoch("' + to + '") - epoch("' + from + '")) / 3600.0';
const quantiles = (value) => ['avg(x)', 'max(x)', 'quantile_cont(x, [0.25, 0.5, 0.75, 0.9, 0.95, 0.99])'].join(', ');
async function charts(cluster) {
  const from = "FROM jobs WHERE cluster = '" + cluster + "'";
  const month = (column) => "date_trunc('month', \\"" + column + '")';
  const [summary] = await all('SELECT count(*) n, sum(cpu_hours) c, sum(gpu_hours) g, count(DISTINCT "user") u ' + from);
  await all('SELECT ' + month('start') + ' m, sum(cpu_hours), sum(gpu_hours) ' + from + ' GROUP BY m ORDER BY m');
  await all('SELECT ' + month('submit') + ' m, count(*), count(DISTINCT "user") ' + from + ' GROUP BY m ORDER BY m');
  await all('SELECT "user", count(*), count(DISTINCT ' + month('submit') + ') ' + from + ' GROUP BY "user"');
  for (const column of ['partition', 'state', 'cpus', 'gpus', 'nodes']) {
    await all('SELECT ' + column + ', count(*) ' + from + ' GROUP BY ' + column);
  }
  await all('SELECT node_list, sum(cpu_hours), sum(gpu_hours) ' + from + ' GROUP BY node_list');
  let medianWait = 0;
  for (const [a, b] of [['submit', 'start'], ['start', 'end']]) {
    const inner = '(SELECT ' + month('submit') + ' m, ' + hours(a, b) + ' x ' + from + ')';
    await all('SELECT m, ' + quantiles() + ' FROM ' + inner + ' GROUP BY m ORDER BY m');
    const [whole] = await all('SELECT ' + quantiles() + ', quantile_cont(x, 0.5) median FROM ' + inner);
    if (a === 'submit') medianWait = whole.median;
    await all('SELECT m, (x >= 0.5)::int + (x >= 1)::int + (x >= 4)::int + (x >= 12)::int + (x >= 24)::int k, count(*) FROM ' + inner + ' GROUP BY m, k');
  }
  return { jobs: Number(summary.n), users: Number(summary.u), cpuHours: Number(summary.c), medianWait: Number(medianWait) };
}
const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1e6; };
let best = Infinity;
let totals = [];
for (let round = 0; round < 4; round++) {
  const before = cpu();
  totals = [];
  for (const cluster of JSON.parse(clusters)) totals.push(await charts(cluster));
  best = Math.min(best, cpu() - before);
}
console.log(JSON.stringify({ chartsCpu: best, totals }));
process.exit(0);
`;
