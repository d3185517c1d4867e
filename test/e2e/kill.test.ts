/** `kill -9` at any moment of any command: what was stored stays stored, and what is called delivered is there. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { join } from 'node:path';
import { randomFrom } from '../bench/random.ts';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { newSite, type Site } from '../support/site.ts';

const systems = ['derecho', 'casper'];
const receiverOf = (site: Site) => join(site.directory, 'receiver.db');

let sites: Site[];
let receiver: { readonly site: Site; readonly url: string };
beforeEach(async () => {
  sites = [];
  const site = newSite();
  receiver = { site, url: (await site.serve()).url };
});
afterEach(async () => {
  await Promise.all([...sites, receiver.site].map((site) => site.remove()));
});

/** A host that collects two systems and delivers to `url`. */
function newHost(url: string): Site {
  const site = newSite();
  sites.push(site);
  for (const name of systems) site.localSystem(name, { recording: 'empty-without-jobs' });
  site.api(url);
  site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 1000000, catch_up: oldest-first } }\n');
  return site;
}

type Row = { readonly id: string; readonly stream: string; readonly state: string };

function query<T>(file: string, sql: string): T[] {
  const database = new Database(file, { readwrite: true });
  try {
    return database.query<T, []>(sql).all();
  } finally {
    database.close();
  }
}

const outboxRows = (site: Site) => query<Row>(site.outbox, 'SELECT id, stream, state FROM entries ORDER BY sequence');
/** What the receiver has, in the order in which it came, by the keys under which it came. */
const received = () =>
  query<{ key: string; path: string }>(receiverOf(receiver.site), 'SELECT key, path FROM deliveries ORDER BY rowid');

/** What must hold at any moment: `stored` are the ids that a command said it had stored. */
function expectSound(site: Site, stored: ReadonlySet<string>): void {
  // The first command may have been killed before it had made the outbox, or half-way.
  fillOutbox(site.outbox, []);
  expect(query(site.outbox, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  const rows = outboxRows(site);
  const there = new Set(rows.map(({ id }) => id));
  expect([...stored].filter((id) => !there.has(id))).toEqual([]);
  const keys = new Set(received().map(({ key }) => key));
  expect(rows.filter(({ id, state }) => state === 'delivered' && !keys.has(id))).toEqual([]);
}

/** What must hold when all is over: everything is delivered, once, in the order in which it was stored. */
async function expectAllDelivered(site: Site): Promise<void> {
  const { exit, stderr } = await site.run('run', '--quiet', ...systems);
  expect({ exit, errors: stderr.split('\n').filter((line) => line.includes('ERROR')) }).toEqual({
    exit: 0,
    errors: [],
  });
  const rows = outboxRows(site);
  expect(rows.filter(({ state }) => state !== 'delivered')).toEqual([]);
  const own = new Set(rows.map(({ id }) => id));
  for (const system of systems) {
    const ids = rows.filter(({ stream }) => stream === `sam/${system}`).map(({ id }) => id);
    const arrived = received().filter(({ key, path }) => own.has(key) && path.endsWith(`/${system}`));
    expect(arrived.map(({ key }) => key)).toEqual(ids);
  }
}

/** A row for each answer: nothing was stored twice. Hosts that collect the same in the same millisecond share a row. */
function expectNoDuplicates(): void {
  const answers = `SELECT count(DISTINCT json_extract(answer, '$.status_id')) AS n FROM deliveries`;
  expect(query(receiverOf(receiver.site), 'SELECT count(*) AS n FROM snapshots')).toEqual(
    query(receiverOf(receiver.site), answers),
  );
}

const idsSaid = (text: string) => [...text.matchAll(/✓ Stored \S+ as (\S+)/g)].map((match) => match[1] ?? '');

test('at random times of collect, drain and run', async () => {
  const seed = Date.now() % 1_000_000;
  const random = randomFrom(seed);
  const deadline = Date.now() + 14_000;
  const [fewestKills, mostKills] = [21, 400];
  let kills = 0;

  const torture = async (): Promise<void> => {
    const site = newHost(receiver.url);
    const stored = new Set<string>();
    const commands = [
      { args: ['collect', 'derecho'], life: 200 },
      { args: ['drain', '--now'], life: 200 },
      { args: ['drain', '--now'], life: 200 },
      { args: ['run', ...systems], life: 400 },
    ];
    while (kills < fewestKills || (Date.now() < deadline && kills < mostKills)) {
      const command = commands[random(commands.length)];
      if (!command) continue;
      // So that drains have something to do.
      if (command.args[0] === 'drain' && random(2) === 0) {
        const system = systems[random(systems.length)] ?? '';
        const at = Date.now();
        fillOutbox(
          site.outbox,
          Array.from({ length: 8 }, (_, n) => snapshotEntry(system, { at: new Date(at + n) })),
        );
      }
      const began = performance.now();
      const running = site.start(command.args);
      const ended = running.ended.then(() => performance.now() - began);
      const life = await Promise.race([ended, Bun.sleep((random(1000) / 1000) * command.life * 1.2)]);
      running.kill('SIGKILL');
      const { signal, stderr } = await running.ended;
      for (const id of idsSaid(stderr)) stored.add(id);
      if (signal === 'SIGKILL') kills += 1;
      // How long a process lives depends on what else the machine does.
      if (typeof life === 'number') command.life = (command.life + life) / 2;
      else command.life *= 1.02;
      if (random(10) === 0) expectSound(site, stored);
    }
    expectSound(site, stored);
    await expectAllDelivered(site);
  };
  try {
    await Promise.all([torture(), torture(), torture()]);
    expectNoDuplicates();
  } catch (error) {
    console.error(`kill.test.ts: the seed was ${seed}, after ${kills} kills`);
    throw error;
  }
}, 180_000);

test.each(['before', 'after'])(
  '%s the answer is handed on, the receiver having stored it',
  async (when) => {
    const seed = Date.now() % 1_000_000;
    const random = randomFrom(seed);
    let kill = (): void => {};
    /** Stands between the program and the receiver: what was answered is stored. */
    const between = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        const { pathname } = new URL(request.url);
        const answer = await fetch(receiver.url + pathname, {
          method: 'POST',
          headers: request.headers,
          body: await request.bytes(),
        });
        const { status } = answer;
        const text = await answer.text();
        if (when === 'before') kill();
        // The acknowledgement takes a few milliseconds.
        else setTimeout(kill, random(12));
        return new Response(text, { status, headers: { 'Content-Type': 'application/json' } });
      },
    });
    try {
      const site = newHost(`http://127.0.0.1:${between.port}`);
      const at = Date.now() - 600_000;
      const count = 8;
      fillOutbox(
        site.outbox,
        Array.from({ length: count }, (_, n) => snapshotEntry('casper', { at: new Date(at + n) })),
      );
      const stored = new Set(outboxRows(site).map(({ id }) => id));
      for (let turn = 0; turn < count; turn++) {
        const running = site.start(['drain', '--now']);
        kill = () => running.kill('SIGKILL');
        await running.ended;
        expectSound(site, stored);
      }
      kill = () => {};
      // Each of the killed sent the first one only, and none had acknowledged it.
      if (when === 'before') expect(received()).toHaveLength(1);
      await expectAllDelivered(site);
      expectNoDuplicates();
    } catch (error) {
      console.error(`kill.test.ts: the seed was ${seed}`);
      throw error;
    } finally {
      await between.stop(true);
    }
  },
  180_000,
);
