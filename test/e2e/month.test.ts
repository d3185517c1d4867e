/** The API is away for thirty days: 8,640 snapshots of each of three systems wait, five minutes apart. */

import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { usedBytes } from '../../src/outbox/database.ts';
import type { NewEntry } from '../../src/outbox/entry.ts';
import { listEntries } from '../../src/outbox/filter.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { randomFrom } from '../bench/random.ts';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { needsThat } from '../support/needs.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const systems = ['derecho', 'casper', 'jupyterhub'];
const each = 8_640;

/** Small ones, of different sizes. */
function* month(): Generator<NewEntry> {
  const random = randomFrom(30);
  const first = Date.now() - (each + 1) * 300_000;
  for (let n = 0; n < each; n++) {
    for (const [index, system] of systems.entries())
      yield snapshotEntry(system, { at: new Date(first + n * 300_000 + index), userRows: random(4), reservations: 1 });
  }
}

let full: Site;
beforeAll(() => {
  full = newSite();
  fillOutbox(full.outbox, month());
}, 60_000);
afterAll(() => full.remove());

/** A site of its own with this month in its outbox, and an API that takes everything. */
function siteWithMonth(): { site: Site; api: SamApi } {
  const site = newSite();
  const api = startSamApi();
  site.api(api.url);
  site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 1000000 } }\n');
  mkdirSync(dirname(site.outbox), { recursive: true, mode: 0o700 });
  cpSync(full.outbox, site.outbox);
  return { site, api };
}

type Row = {
  readonly id: string;
  readonly stream: string;
  readonly state: string;
  readonly first_sent_at: number | null;
};

function rowsOf(site: Site): Row[] {
  const database = new Database(site.outbox, { readwrite: true });
  try {
    return database.query<Row, []>('SELECT id, stream, state, first_sent_at FROM entries ORDER BY sequence').all();
  } finally {
    database.close();
  }
}

const keysOf = (api: SamApi) => api.posted.map(({ headers }) => headers.get('idempotency-key') ?? '');

describe('a query for each entry, and for a listing,', () => {
  /** Whatever is asked of the outbox's database, and how SQLite goes about it. */
  function plansOf(work: (outbox: Outbox) => void): string[] {
    const outbox = new Outbox(full.outbox);
    const asked: string[] = [];
    const query = outbox.database.query.bind(outbox.database);
    outbox.database.query = ((sql: string) => {
      asked.push(sql);
      return query(sql);
    }) as typeof query;
    const plain = new Database(full.outbox, { readwrite: true });
    try {
      work(outbox);
      expect(asked).not.toBeEmpty();
      return asked.flatMap((sql) =>
        plain
          .query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map(({ detail }) => detail),
      );
    } finally {
      plain.close();
      outbox.close();
    }
  }
  /** Steps that visit every row of a table, or of an index. */
  const visitsAll = (plan: string) => /^SCAN (entries|bodies|attempts)/.test(plan);

  test('visits no more of them than it needs', () => {
    const plans = plansOf((outbox) => {
      const head = outbox.heads('sam')[1];
      if (!head) throw new Error('there is no head');
      outbox.next(head);
      outbox.find(head);
      outbox.isLate(head);
      outbox.isNewest(head);
      outbox.body(head);
      outbox.attempts(head);
      outbox.countPending(null);
      outbox.countPending('sam/casper');
      outbox.hold(head, 'held');
      outbox.release(head, new Date());
      outbox.sending(head, new Date());
      const attempt = { at: new Date(), seconds: 0, status: 503, outcome: 'unavailable', detail: 'x' };
      outbox.failed(head, attempt, { charged: true, mayHaveArrived: false });
    });
    expect(plans.filter(visitsAll)).toEqual([]);
    expect(plans.filter((plan) => plan.includes('entries_by_state'))).not.toBeEmpty();
  });

  test('finds the heads in as many steps as there are streams, not entries', () => {
    const plans = plansOf((outbox) => {
      const heads = outbox.heads('sam').map(({ stream, sequence }) => [stream, sequence]);
      expect(heads).toEqual(systems.map((system, index) => [`sam/${system}`, index + 1]));
    });
    expect(plans).toContain('RECURSIVE STEP');
    expect(plans.filter((plan) => plan.includes('GROUP BY'))).toEqual([]);
  });

  test('reads an index, and as many rows as it shows', () => {
    const plans = plansOf((outbox) => {
      const filter = { states: ['pending', 'held', 'rejected'] as const, stream: null, since: null, until: null };
      expect([...listEntries(outbox, filter, 50)]).toHaveLength(50);
    });
    expect(plans.filter(visitsAll)).toEqual([]);
  });
});

test('SIGINT and SIGTERM end a drain after the current entry; the next drain continues there, in order', async () => {
  const { site, api } = siteWithMonth();
  try {
    const stored = rowsOf(site);
    for (const [turn, signal] of (['SIGINT', 'SIGTERM'] as const).entries()) {
      const before = api.posted.length;
      const running = site.start(['drain', '--quiet']);
      await until(() => api.posted.length >= before + 60, 'some are sent');
      running.kill(signal);
      const { exit, signal: killedBy } = await running.ended;
      expect({ turn, exit, killedBy }).toEqual({ turn, exit: 0, killedBy: null });
      // Everything that was sent is acknowledged, and nothing else looks as if it had been sent.
      const rows = rowsOf(site);
      const ids = (wanted: (row: Row) => boolean) => rows.filter(wanted).map(({ id }) => id);
      expect(ids(({ state }) => state === 'delivered').sort()).toEqual(keysOf(api).sort());
      expect(ids(({ first_sent_at }) => first_sent_at !== null)).toHaveLength(api.posted.length);
    }
    expect(await site.run('drain', '--quiet', '--max-seconds', '2')).toMatchObject({ exit: 0 });
    for (const system of systems) {
      const sent = api.posted
        .filter(({ path }) => path.endsWith(`/${system}`))
        .map(({ headers }) => headers.get('idempotency-key') ?? '');
      const ids = stored.filter(({ stream }) => stream === `sam/${system}`).map(({ id }) => id);
      expect(sent.length).toBeGreaterThan(40);
      expect(sent).toEqual(ids.slice(0, sent.length));
    }
  } finally {
    await site.remove();
    await api.stop();
  }
}, 60_000);

const library = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((file) => existsSync(file));

needsThat(library !== undefined, 'libfaketime')(
  'a run drains for two minutes, and leaves the rest to the next',
  async () => {
    const { site, api } = siteWithMonth();
    try {
      site.localSystem('derecho', { recording: 'empty-without-jobs' });
      // Sixty a minute, and a minute passes in two seconds.
      site.configure('collector.yaml', '');
      const env = { ...site.env, LD_PRELOAD: library ?? '', FAKETIME: '+0 x30' };
      const { exit, stderr } = await site.start(['run', 'derecho'], { env }).ended;
      expect(exit).toBe(0);
      const [, delivered, left] = stderr.match(/Drain: (\d+) delivered, 0 rejected, (\d+) left/) ?? [];
      // A machine that is slow at this pace does not get to all of the second minute's.
      expect(Number(delivered)).toBeGreaterThan(60);
      expect(Number(delivered)).toBeLessThanOrEqual(120);
      expect(Number(left)).toBe(each * systems.length + 1 - Number(delivered));
      expect(keysOf(api)).toHaveLength(Number(delivered));
    } finally {
      await site.remove();
      await api.stop();
    }
  },
  60_000,
);

test('over its limit the outbox deletes the oldest entries, logs each, and keeps a record', async () => {
  const site = newSite();
  try {
    site.localSystem('derecho', { recording: 'empty-without-jobs' });
    site.configure('collector.yaml', 'outbox: { max_mib: 4 }\n');
    const random = randomFrom(4);
    const at = Date.now() - 3_600_000;
    const entries = Array.from({ length: 160 }, (_, n) =>
      snapshotEntry('casper', { at: new Date(at + n), userRows: 810, random }),
    );
    fillOutbox(site.outbox, entries);
    const stored = rowsOf(site).map(({ id }) => id);
    const { exit, stderr } = await site.run('collect', 'derecho');
    expect(exit).toBe(0);
    const left = rowsOf(site).map(({ id }) => id);
    const dropped = stored.slice(0, stored.length - left.length + 1);
    expect(dropped.length).toBeGreaterThan(0);
    // The new one, and behind the oldest everything is there.
    expect(left.slice(0, -1)).toEqual(stored.slice(dropped.length));
    const outbox = new Outbox(site.outbox);
    expect(usedBytes(outbox.database)).toBeLessThanOrEqual(4 * 1024 ** 2);
    outbox.close();
    for (const id of dropped)
      expect(stderr).toMatch(new RegExp(`ERROR .* entry ${id} of sam/casper.* is lost: the outbox is full`));
    const { stdout } = await site.run('outbox', 'ls', '--dropped', '--json');
    const remembered = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; reason: string });
    expect(remembered.map(({ id }) => id).sort()).toEqual([...dropped].sort());
    expect(new Set(remembered.map(({ reason }) => reason))).toEqual(
      new Set(['the outbox would have grown over its limit of 4 MiB']),
    );
  } finally {
    await site.remove();
  }
}, 60_000);
