import { afterEach, beforeEach, expect, test } from 'bun:test';
import { statSync } from 'node:fs';
import { reclaimableForJobs } from '../../src/history/fingerprints.ts';
import { usedBytes } from '../../src/outbox/database.ts';
import { countDropped, listDropped } from '../../src/outbox/drop.ts';
import type { EntryState } from '../../src/outbox/entry.ts';
import { countEntries } from '../../src/outbox/filter.ts';
import { countPrunable, makeRoomWithoutLoss, prune, pruneDelivered } from '../../src/outbox/retention.ts';
import { fileStatistics } from '../../src/outbox/statistics.ts';
import { jobFingerprintSpace } from '../../src/outbox/tables/job-fingerprints.ts';
import { all, everything, ids, newOutbox, noise, put, type TestOutbox } from './queue.ts';

const day = 86_400_000;
const now = new Date('2026-01-10T00:00Z');
const roomy = { keepDeliveredDays: 7, maxBytes: 2 ** 31 };

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const fill = (count: number, state: EntryState, bytes = 30_000) =>
  here.outbox.database
    .transaction(() => Array.from({ length: count }, () => put(here.outbox, { state, body: noise(bytes) })))
    .immediate();

const delivered = (daysAgo: number) =>
  put(here.outbox, { state: 'delivered', collectedAt: new Date(now.getTime() - daysAgo * day) });

test('delivered entries are deleted after their retention, and no others', () => {
  const { outbox } = here;
  const old = [delivered(30), delivered(7.1)];
  const waiting = put(outbox, { collectedAt: new Date(now.getTime() - 300 * day) });
  const young = [delivered(6.9), delivered(0)];
  expect(countPrunable(outbox, roomy, now)).toEqual({ entries: 2, bytes: 2 * '{"nodes":1}'.length });
  expect(prune(outbox, roomy, 0, now, [jobFingerprintSpace(outbox)])).toEqual({ delivered: 2, undelivered: [] });
  expect(ids(all(outbox))).toEqual(ids([waiting, ...young]));
  expect(all(outbox)).not.toContainEqual(old[0]);
  expect(countDropped(outbox.database)).toBe(0);
  expect(outbox.database.query('SELECT count(*) AS n FROM bodies').get()).toEqual({ n: 3 });
});

test('over the limit, delivered entries are deleted first, then the oldest pending ones, which are recorded', () => {
  const { outbox } = here;
  const waiting = fill(20, 'pending');
  const young = fill(10, 'delivered');
  outbox.database.query('UPDATE entries SET delivered_at = ? WHERE state = ?').run(now.getTime(), 'delivered');
  const used = usedBytes(outbox.database);

  const first = prune(outbox, { ...roomy, maxBytes: used }, 100_000, now, [jobFingerprintSpace(outbox)]);
  expect(first).toEqual({ delivered: young.length, undelivered: [] });

  const maxBytes = usedBytes(outbox.database);
  const second = prune(outbox, { ...roomy, maxBytes }, 100_000, now, [jobFingerprintSpace(outbox)]);
  expect(usedBytes(outbox.database) + 100_000).toBeLessThanOrEqual(maxBytes);
  expect(second.delivered).toBe(0);
  expect(ids(second.undelivered)).toEqual(ids(waiting.slice(0, second.undelivered.length)));
  // No more than it needs: 116 kB at 23 kB each.
  expect(second.undelivered.length).toBeWithin(4, 8);
  expect(ids(listDropped(outbox, 100)).reverse()).toEqual(ids(second.undelivered));
  expect(listDropped(outbox, 1)[0]).toMatchObject({
    droppedAt: now,
    reason: expect.stringContaining('would have grown over its limit'),
  });
  expect(prune(outbox, { ...roomy, maxBytes }, 100_000, now, [jobFingerprintSpace(outbox)])).toEqual({
    delivered: 0,
    undelivered: [],
  });
});

test('held entries are deleted last', () => {
  const { outbox } = here;
  const held = fill(5, 'held');
  const rejected = fill(2, 'rejected');
  const waiting = fill(2, 'pending');
  const order: string[] = [];
  for (let turn = 0; turn < 20 && all(outbox).length > 0; turn++) {
    const maxBytes = usedBytes(outbox.database);
    order.push(...ids(prune(outbox, { ...roomy, maxBytes }, 0, now, [jobFingerprintSpace(outbox)]).undelivered));
  }
  expect(order).toEqual(ids([...rejected, ...waiting, ...held]));
});

test('one call deletes at most a thousand; the next continues; the command deletes all and shrinks the file', () => {
  const { outbox } = here;
  fill(2500, 'delivered', 4000);
  expect(prune(outbox, roomy, 0, now, [jobFingerprintSpace(outbox)]).delivered).toBe(1000);
  const left = () => countEntries(outbox, everything);
  expect(makeRoomWithoutLoss(outbox, roomy, 0, now, [])).toBe(true);
  expect(left()).toBe(500);
  const pages = () => outbox.database.query<{ page_count: number }, []>('PRAGMA page_count').get()?.page_count ?? 0;
  const before = pages();
  expect(pruneDelivered(outbox, roomy, now)).toBe(500);
  expect(left()).toBe(0);
  expect(pages()).toBeLessThan(before);
  expect(pages()).toBeLessThan(2200);
});

/** Fingerprints of so many jobs, one submitted each second; those submitted last ended first where it is said. */
function fingerprints(count: number, endedOn = '20000'): void {
  here.outbox.database
    .query(
      `INSERT INTO job_fingerprints (submitted, job, cluster, record, ended_on)
       WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)
       SELECT 1700000000 + n, n, 1, n * 1000000007, ${endedOn} FROM numbers`,
    )
    .run(count);
}

const newestFingerprints = () =>
  here.outbox.database
    .query<{ n: number; oldest: number | null }, []>(
      'SELECT count(*) AS n, min(submitted) - 1700000000 AS oldest FROM job_fingerprints',
    )
    .get();

test('fingerprints of jobs are deleted before any pending entry, the oldest first', () => {
  const { outbox } = here;
  fill(5, 'pending');
  fingerprints(50_000);
  const maxBytes = usedBytes(outbox.database);
  expect(prune(outbox, { ...roomy, maxBytes }, 100_000, now, [jobFingerprintSpace(outbox)])).toEqual({
    delivered: 0,
    undelivered: [],
  });
  expect(newestFingerprints()).toEqual({ n: 30_000, oldest: 20_001 });
  expect(usedBytes(outbox.database) + 100_000).toBeLessThanOrEqual(maxBytes);
  // Only then.
  const { undelivered } = prune(outbox, { ...roomy, maxBytes: 150_000 }, 50_000, now, [jobFingerprintSpace(outbox)]);
  expect(undelivered.length).toBeGreaterThan(0);
  expect(newestFingerprints()?.n).toBe(0);
});

test('no pending entry is deleted for data that can be exported again', () => {
  const { outbox } = here;
  const waiting = fill(5, 'pending');
  fill(5, 'delivered');
  outbox.database.query('UPDATE entries SET delivered_at = ? WHERE state = ?').run(now.getTime(), 'delivered');
  const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) };
  expect(makeRoomWithoutLoss(outbox, bounds, 50_000, now, reclaimableForJobs(outbox))).toBe(true);
  expect(makeRoomWithoutLoss(outbox, bounds, 500_000, now, reclaimableForJobs(outbox))).toBe(false);
  expect(ids(all(outbox))).toEqual(ids(waiting));
});

const oneMiB = 2 ** 20;

test('delivered entries are deleted after their retention also if only jobs are exported', () => {
  const young = [delivered(6.9)];
  delivered(7.1);
  expect(makeRoomWithoutLoss(here.outbox, roomy, oneMiB, now, [])).toBe(true);
  expect(ids(all(here.outbox))).toEqual(ids(young));
});

test('nothing is deleted for jobs if that would not free enough', () => {
  const { outbox } = here;
  fill(50, 'pending');
  const young = fill(5, 'delivered');
  outbox.database.query('UPDATE entries SET delivered_at = ? WHERE state = ?').run(now.getTime(), 'delivered');
  fingerprints(50_000);
  const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) };
  for (const _ of [1, 2])
    expect(makeRoomWithoutLoss(outbox, bounds, 5 * oneMiB, now, reclaimableForJobs(outbox))).toBe(false);
  expect(newestFingerprints()?.n).toBe(50_000);
  expect(ids(all(outbox)).slice(-5)).toEqual(ids(young));
  expect(makeRoomWithoutLoss(outbox, bounds, oneMiB, now, reclaimableForJobs(outbox))).toBe(true);
});

test('the fingerprints of the jobs that ended first are deleted, and no more than needed', () => {
  const { outbox } = here;
  fingerprints(100_000, '20000 - n / 100');
  const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) };
  expect(makeRoomWithoutLoss(outbox, bounds, 100_000, now, reclaimableForJobs(outbox))).toBe(true);
  expect(newestFingerprints()).toEqual({ n: 80_000, oldest: 1 });
});

test.each(['pending', 'held', 'rejected'] as const)(
  'no job is forgotten for others while one that is sent is %s',
  (state) => {
    const { outbox } = here;
    put(outbox, { stream: 'ingest/farm', destination: 'ingest', state });
    fingerprints(50_000);
    const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) };
    expect(makeRoomWithoutLoss(outbox, bounds, 100_000, now, reclaimableForJobs(outbox))).toBe(false);
    expect(newestFingerprints()?.n).toBe(50_000);
    outbox.database.run("UPDATE entries SET state = 'delivered', delivered_at = 0");
    expect(makeRoomWithoutLoss(outbox, bounds, 100_000, now, reclaimableForJobs(outbox))).toBe(true);
  },
);

const entryOverhead = 16 * 1024;
const reason = (limit: string) => `the outbox would have grown over its limit of ${limit} MiB`;

/** Space that can be freed so often; `freed` gets its name each time. */
const kindOf = (freed: string[], name: string, times: number, bytes = 0) => ({
  bytes: () => bytes,
  free() {
    if (freed.filter((one) => one === name).length >= times) return false;
    freed.push(name);
    return true;
  },
});

test('an entry may fill the outbox to the last byte, and needs 16 KiB besides its body', () => {
  const { outbox } = here;
  const [oldest] = fill(3, 'pending');
  fill(1, 'delivered');
  outbox.database.query('UPDATE entries SET delivered_at = ? WHERE state = ?').run(now.getTime(), 'delivered');
  const maxBytes = usedBytes(outbox.database) + 1000 + entryOverhead;
  const freed: string[] = [];
  const pruned = prune(outbox, { ...roomy, maxBytes }, 1000, now, [kindOf(freed, 'a', 1)]);
  expect({ pruned, freed }).toEqual({ pruned: { delivered: 0, undelivered: [] }, freed: [] });
  expect(makeRoomWithoutLoss(outbox, { ...roomy, maxBytes }, 1000, now, [])).toBe(true);
  expect(all(outbox)).toHaveLength(4);
  expect(makeRoomWithoutLoss(outbox, { ...roomy, maxBytes }, 1001, now, [])).toBe(true);
  expect(all(outbox)).toHaveLength(3);
  const used = usedBytes(outbox.database) + 1000 + entryOverhead;
  expect(makeRoomWithoutLoss(outbox, { ...roomy, maxBytes: used }, 1001, now, [])).toBe(false);
  expect(ids(prune(outbox, { ...roomy, maxBytes: used }, 1001, now, []).undelivered)).toEqual([oldest?.id ?? '']);
});

test.each([
  [1.5, '2'],
  [2.4, '2'],
  [0.5, '1'],
])('of a limit of %p MiB the reason says %s', (mebibytes, limit) => {
  fill(1, 'pending');
  prune(here.outbox, { ...roomy, maxBytes: mebibytes * oneMiB }, 3 * oneMiB, now, []);
  expect(listDropped(here.outbox, -1).map((dropped) => dropped.reason)).toEqual([reason(limit)]);
});

test('of several kinds of reclaimable space the next is freed if one is empty, before any entry is lost', () => {
  const { outbox } = here;
  fill(3, 'pending', 3000);
  const freed: string[] = [];
  const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) };
  const { undelivered } = prune(outbox, bounds, 0, now, [kindOf(freed, 'a', 1), kindOf(freed, 'b', 2)]);
  expect(freed).toEqual(['a', 'b', 'b']);
  expect(undelivered.length).toBeGreaterThan(0);
});

test.each([
  [5000, ['a', 'b']],
  [5001, []],
])('for an excess of %p bytes, kinds of 2000 and 3000 bytes are freed: %p', (excess, expected) => {
  const freed: string[] = [];
  const bounds = { ...roomy, maxBytes: usedBytes(here.outbox.database) + entryOverhead };
  const kinds = [kindOf(freed, 'a', 1, 2000), kindOf(freed, 'b', 1, 3000)];
  // The space is not freed really, so there is never enough.
  expect(makeRoomWithoutLoss(here.outbox, bounds, excess, now, kinds)).toBe(false);
  expect(freed).toEqual(expected);
});

test('nothing else is freed if one delivered entry is enough', () => {
  const { outbox } = here;
  fill(1, 'delivered');
  outbox.database.query('UPDATE entries SET delivered_at = ?').run(now.getTime());
  const freed: string[] = [];
  const bounds = { ...roomy, maxBytes: usedBytes(outbox.database) + entryOverhead };
  expect(makeRoomWithoutLoss(outbox, bounds, 1000, now, [kindOf(freed, 'a', 1)])).toBe(true);
  expect({ freed, left: all(outbox) }).toEqual({ freed: [], left: [] });
});

test('a single old entry is pruned', () => {
  delivered(7.1);
  delivered(6.9);
  expect(pruneDelivered(here.outbox, roomy, now)).toBe(1);
  expect(all(here.outbox)).toHaveLength(1);
});

const freePages = () =>
  here.outbox.database.query<{ freelist_count: number }, []>('PRAGMA freelist_count').get()?.freelist_count ?? 0;

/** Leaves so many free pages in the file: those of a deleted row of one page each. */
function freeSome(pages: number): void {
  const { database } = here.outbox;
  database.run('CREATE TABLE filler (data BLOB)');
  database.run('INSERT INTO filler VALUES (zeroblob(?))', [(pages + 10) * 4092]);
  database.run('DROP TABLE filler');
  database.run(`PRAGMA incremental_vacuum(${freePages() - pages})`);
  expect(freePages()).toBe(pages);
}

test('a call returns up to 16 MiB of free pages to the filesystem, and 8 MiB stay for reuse', () => {
  freeSome(2048 + 4096 + 5);
  const left = () => {
    prune(here.outbox, roomy, 0, now, []);
    return freePages();
  };
  expect([left(), left(), left()]).toEqual([2048 + 5, 2048, 2048]);
  freeSome(2048 + 3);
  expect([makeRoomWithoutLoss(here.outbox, roomy, 0, now, []), freePages()]).toEqual([true, 2048]);
  freeSome(2048 + 2 * 4096 + 1);
  expect([pruneDelivered(here.outbox, roomy, now), freePages()]).toEqual([0, 2048]);
});

test('free pages are not in use', () => {
  const before = usedBytes(here.outbox.database);
  freeSome(100);
  expect(usedBytes(here.outbox.database)).toBe(before);
  const { size } = statSync(here.file);
  expect(fileStatistics(here.outbox)).toMatchObject({ usedBytes: before, fileBytes: size });
  expect(here.outbox.usedBytes).toBe(before);
  expect(size).toBe(before + 100 * 4096);
});
