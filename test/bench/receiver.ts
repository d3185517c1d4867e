import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expositionNumbers } from '../support/exposition.ts';
import { snapshotEntry } from '../support/filled-outbox.ts';
import { sharedCluster } from '../support/postgres.ts';
import { binary, credentials, newSite, type Site } from '../support/site.ts';
import { randomFrom } from './random.ts';
import { fillYear, systems } from './receiver-year.ts';
import { table } from './table.ts';

const secondsOfPosting = 60;
const senders = 32;
const readers = 50;
const manyRequests = 50_000;
const headers = {
  Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
  'Content-Type': 'application/json',
};

type Row = readonly [what: string, aim: string, values: readonly string[]];
type Server = { readonly url: string; end(): Promise<void> };

/** The receiver on both engines side by side: writing, reading a year, starting, and its memory. */
export async function benchReceiver(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const sqlite = await benchEngine((site) => Promise.resolve(join(site.directory, `${crypto.randomUUID()}.db`)));
  const postgres = await benchEngine(async () => (await sharedCluster()).makeDatabase());
  console.log('receiver, on SQLite and PostgreSQL (without fsync)\n');
  const rows = sqlite.map(([what, aim, values], index) => [
    what,
    ...values,
    ...(postgres[index]?.[2] ?? []),
    aim === '' ? '' : aim,
  ]);
  console.log(table(['', 'SQLite', 'PostgreSQL', 'aim'], rows));
}

async function benchEngine(databaseIn: (site: Site) => Promise<string>): Promise<Row[]> {
  const site = newSite();
  try {
    return [...(await benchWriting(site, await databaseIn(site))), ...(await benchYear(site, await databaseIn(site)))];
  } finally {
    await site.remove();
  }
}

/** Posts snapshots as fast as they are answered, while readers ask for the newest one. */
async function benchWriting(site: Site, database: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const userRows of [0, 200]) {
    const server = await serve(site, database);
    const before = await numbers(server.url);
    const random = randomFrom(7);
    const first = Date.now() - 1000 * 86_400_000 * (userRows + 1);
    let next = 0;
    let isOver = false;
    const send = async () => {
      while (!isOver) {
        const at = new Date(first + next++ * 300_000);
        const { body } = snapshotEntry('derecho', { at, userRows, reservations: 0, random });
        await answered(fetch(`${server.url}/api/v1/status/derecho`, { method: 'POST', headers, body }), 201);
      }
    };
    const read = async () => {
      while (!isOver) {
        await (await fetch(`${server.url}/api/v1/systems`, { headers })).arrayBuffer();
        await Bun.sleep(1000);
      }
    };
    const began = performance.now();
    const work = [...Array.from({ length: senders }, send), ...Array.from({ length: readers }, read)];
    await Bun.sleep(secondsOfPosting * 1000);
    isOver = true;
    await Promise.all(work);
    const rate = next / ((performance.now() - began) / 1000);
    const after = await numbers(server.url);
    const bytes = (numberOf(after, 'database_bytes') - numberOf(before, 'database_bytes')) / next;
    const what = `with ${userRows} user rows, ${readers} readers`;
    rows.push([`snapshots a second ${what}`, userRows === 0 ? '≥ 200' : '', [rate.toFixed(0)]]);
    const cpu = (numberOf(after, 'cpu_seconds_total') - numberOf(before, 'cpu_seconds_total')) / next;
    rows.push([`CPU ms of the receiver a snapshot, readers too, ${userRows} user rows`, '', [(cpu * 1000).toFixed(1)]]);
    rows.push([`bytes a snapshot with ${userRows} user rows`, '', [bytes.toFixed(0)]]);
    await server.end();
  }
  return rows;
}

/** A year of three systems, as the default retention leaves it. */
async function benchYear(site: Site, database: string): Promise<Row[]> {
  await fillYear(database);
  const began = performance.now();
  const server = await serve(site, database);
  await answered(fetch(`${server.url}/api/v1/systems`, { headers }), 200);
  const started = performance.now() - began;

  const year = `from=${new Date(Date.now() - 365 * 86_400_000).toISOString()}`;
  const pages: readonly (readonly [string, readonly string[]])[] = [
    ['the year of 3 systems', systems.map((system) => `status/${system}/history?${year}`)],
    ['the year of 3 systems in 2,000 buckets', systems.map((one) => `status/${one}/history?${year}&step=5h`)],
    ['the year of a queue in 2,000 buckets', [`status/${systems[0]}/queues/q1/history?${year}&step=5h`]],
    ['the last 80 days by the hour', [`status/${systems[0]}/history?step=1h&from=${daysAgo(80)}`]],
    ['the last 7 days at 5 minutes', [`status/${systems[0]}/history?step=10m&from=${daysAgo(7)}`]],
    ['the list of systems', ['systems']],
  ];
  const rows: Row[] = [['start to first answer, ms', '', [started.toFixed(0)]]];
  for (const [what, paths] of pages) {
    rows.push([`CPU ms: ${what}`, '≤ 100', [(await cpuMs(server.url, paths)).toFixed(0)]]);
  }
  const memory = numberOf(await numbers(server.url), 'memory_bytes') / 2 ** 20;
  await requests(server.url, manyRequests);
  const later = numberOf(await numbers(server.url), 'memory_bytes') / 2 ** 20;
  const grown = `${memory.toFixed(0)} → ${later.toFixed(0)}`;
  rows.push([`MiB before and after ${manyRequests.toLocaleString('en')} requests`, '', [grown]]);
  await server.end();
  return rows;
}

/** Returns the CPU time of the receiver for a page, the mean of five. */
async function cpuMs(url: string, paths: readonly string[]): Promise<number> {
  const ask = () => Promise.all(paths.map((path) => answered(fetch(`${url}/api/v1/${path}`, { headers }), 200)));
  await ask();
  const before = numberOf(await numbers(url), 'cpu_seconds_total');
  for (let round = 0; round < 5; round++) await ask();
  const after = numberOf(await numbers(url), 'cpu_seconds_total');
  // Reading the metrics costs CPU time, too.
  const again = numberOf(await numbers(url), 'cpu_seconds_total');
  return ((after - before - (again - after)) / 5) * 1000;
}

async function requests(url: string, count: number): Promise<void> {
  let left = count;
  const ask = async () => {
    while (left-- > 0) await (await fetch(`${url}/api/v1/status/outages`, { headers })).arrayBuffer();
  };
  await Promise.all(Array.from({ length: senders }, ask));
}

async function serve(site: Site, database: string): Promise<Server> {
  const password = { stdin: `${credentials.password}\n` };
  const add = ['serve', 'user', 'add', credentials.user, '--password-stdin', '--database', database];
  const { exit, stderr } = await site.start(add, password).ended;
  if (exit !== 0) throw new Error(`serve user add: ${stderr}`);
  const process = site.start(['serve', '--listen', '127.0.0.1:0', '--database', database]);
  const [, url = ''] = await process.said(/Listening on (\S+)/);
  return {
    url,
    async end() {
      process.kill('SIGTERM');
      await process.ended;
    },
  };
}

async function numbers(url: string): Promise<ReadonlyMap<string, number>> {
  return expositionNumbers(await (await fetch(`${url}/metrics`, { headers })).text());
}

function numberOf(found: ReadonlyMap<string, number>, name: string): number {
  return found.get(`hpc_receiver_${name}`) ?? Number.NaN;
}

async function answered(asked: Promise<Response>, status: number): Promise<void> {
  const response = await asked;
  const text = await response.text();
  if (response.status !== status) throw new Error(`the receiver answers ${response.status}: ${text.slice(0, 200)}`);
}

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}
