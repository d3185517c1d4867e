/** A long backlog to two receivers, one of them down, while the collector is killed again and again. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import type { NewEntry } from '../../src/outbox/entry.ts';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { startSamApi } from '../support/sam-api.ts';
import { credentials, newSite, type Site } from '../support/site.ts';

const systems = ['derecho', 'gust'];
const destinations = ['here', 'there'];
/** Snapshots of each system, five minutes apart; the last one is a minute old. */
const backlog = 40;

let host: Site;
let receivers: Site[];
beforeEach(() => {
  host = newSite();
  receivers = [newSite(), newSite()];
});
afterEach(() => Promise.all([host, ...receivers].map((site) => site.remove())));

function configure(here: string, there: string): void {
  host.configure(
    'collector.yaml',
    `deliver_to: [here, there]
destinations:
  here: { kind: sam, url: '${here}', max_per_minute: 100000 }
  there: { kind: sam, url: '${there}', max_per_minute: 100000 }
`,
  );
  const logins = destinations
    .map((name) => name.toUpperCase())
    .flatMap((name) => [`${name}_API_USER=${credentials.user}`, `${name}_API_PASSWORD=${credentials.password}`]);
  host.configure('env', `${logins.join('\n')}\n`);
}

function* entries(count: number, newest: number): Generator<NewEntry> {
  for (let age = count - 1; age >= 0; age--)
    for (const [index, system] of systems.entries()) {
      const at = new Date(newest - age * 300_000 + index);
      for (const destination of destinations)
        yield { ...snapshotEntry(system, { at, userRows: 3 }), destination, stream: `${destination}/${system}` };
    }
}

async function isBehindHere(): Promise<boolean> {
  return (await host.entries('pending')).some(({ stream }) => stream.startsWith('here/'));
}

/** Drains until the receiver that is up has everything; each drain is too short for the retries to the other one. */
async function drainHere(): Promise<void> {
  do await host.run('drain', '--now', '--max-seconds', '0.7');
  while (await isBehindHere());
}

/** The timestamps that a receiver has of a system, in the order in which they came. */
function received(site: Site, system: string): string[] {
  const database = new Database(join(site.directory, 'receiver.db'));
  try {
    const query = 'SELECT timestamp FROM snapshots WHERE system = ? ORDER BY id';
    return database
      .query<{ timestamp: string }, [string]>(query)
      .all(system)
      .map(({ timestamp }) => timestamp);
  } finally {
    database.close();
  }
}

async function get<Answer>(url: string, path: string): Promise<Answer> {
  return (await (await fetch(url + path)).json()) as Answer;
}

type Collector = { readonly host: string; readonly waiting: number };

test('each receiver is current at once, and gets the whole backlog once', async () => {
  const [first, second] = receivers as [Site, Site];
  const here = await first.serve();
  const free = startSamApi();
  const port = new URL(free.url).port;
  await free.stop();
  configure(here.url, `http://127.0.0.1:${port}`);

  // The first contact says that the receiver takes any order.
  const newest = Date.now() - 60_000;
  fillOutbox(host.outbox, entries(1, newest - backlog * 300_000));
  await drainHere();
  for (const system of systems) expect(received(first, system)).toHaveLength(1);

  fillOutbox(host.outbox, entries(backlog, newest));
  let kills = 0;
  for (let life = 400; life < 5000 && (await isBehindHere()); life += 200) {
    const running = host.start(['drain', '--now']);
    await Promise.race([running.ended, Bun.sleep(life)]);
    running.kill('SIGKILL');
    if ((await running.ended).signal === 'SIGKILL') kills += 1;
  }
  expect(kills).toBeGreaterThan(0);
  await drainHere();

  for (const [index, system] of systems.entries()) {
    const [, current, ...rest] = received(first, system);
    expect(Date.parse(`${current?.slice(0, 23)}Z`)).toBe(newest + index);
    expect(rest).toEqual([...rest].sort());
    expect(new Set(received(first, system)).size).toBe(backlog + 1);
    expect(received(first, system)).toHaveLength(backlog + 1);
  }
  const stillThere = (await host.entries('pending')).map(({ stream }) => stream);
  expect(stillThere.length).toBe(systems.length * (backlog + 1));
  expect(stillThere.filter((stream) => !stream.startsWith('there/'))).toEqual([]);

  // The other one comes back: it is current after its first answers, and says how far behind the rest is.
  const there = await second.serve({ listen: `127.0.0.1:${port}` });
  const draining = host.start(['drain', '--now']);
  await draining.said(/Posted gust status to there/);
  for (;;) {
    const [collector] = await get<Collector[]>(there.url, '/api/v1/collectors');
    if (collector !== undefined && collector.waiting > 0) break;
    if (received(second, 'gust').length > backlog) throw new Error('the backlog was never seen');
  }
  expect(await draining.ended).toMatchObject({ exit: 0 });
  expect(await get<Collector[]>(there.url, '/api/v1/collectors')).toMatchObject([{ waiting: 0 }]);
  for (const system of systems) {
    expect(new Set(received(second, system)).size).toBe(backlog + 1);
    const latest = await get<{ timestamp: string }>(there.url, `/api/v1/status/${system}/latest`);
    expect(latest.timestamp).toBe(received(first, system)[1] ?? '');
    expect(received(second, system).indexOf(latest.timestamp)).toBeLessThan(3);
  }
  // A backlog is history: it changes no current state, and opens no outage.
  const current = received(first, 'derecho')[1];
  expect(await get(there.url, '/api/v1/systems')).toMatchObject([
    { name: 'derecho', timestamp: current },
    { name: 'gust' },
  ]);
  expect(await get(there.url, '/api/v1/status/outages')).toEqual([]);
}, 120_000);
