/** Which outages and reservations feeds and calendars have, and what they say about them. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { type FeedEvent, feedEvents } from '../../../src/server/feeds/events.ts';
import { openStore } from '../../../src/server/store/open.ts';
import { type Json, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const dayMs = 86_400_000;
/** Now, without milliseconds. */
const now = new Date(Math.floor(Date.now() / 1000) * 1000);
const days = (count: number) => now.getTime() + count * dayMs;
const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 19);

let receiver: TestReceiver;
let events: FeedEvent[];
const ids = new Map<string, unknown>();

async function outage(title: string, from: number, rest: Json = {}): Promise<void> {
  const body = { system_name: 'Derecho', title, severity: 'minor', start_time: textOf(days(from)), ...rest };
  const answer = await receiver.post('outage', body);
  expect(answer.status).toBe(201);
  ids.set(title, answer.body.outage_id);
}

beforeAll(async () => {
  receiver = await startForTest();
  const resolved = { status: 'resolved' };
  await outage('long over', -120, { ...resolved, end_time: textOf(days(-90)) });
  await outage('over', -120, { ...resolved, end_time: textOf(days(-90) + 1000) });
  await outage('open', -100, { component: 'GPU nodes', description: ' Two lines\nof text\n', status: 'monitoring' });
  await outage('planned', 4, { severity: 'maintenance', estimated_resolution: textOf(days(5)) });
  await outage('moved', 6, {
    severity: 'maintenance',
    end_time: textOf(days(8)),
    estimated_resolution: textOf(days(7)),
  });
  await receiver.change(`UPDATE outages SET created_at = '2026-01-02T03:04:05'`);
  await receiver.change(`UPDATE outages SET updated_at = '2026-01-03T03:04:05' WHERE title = 'open'`);
  const reservation = (name: string, from: number, to: number, rest: Json = {}) => ({
    ...{ reservation_name: name, start_time: textOf(days(from)), end_time: textOf(days(to)) },
    ...rest,
  });
  const reservations = [
    reservation('class', 1, 2, { node_count: 12, description: 'R4.pbs' }),
    reservation('empty', 2, 3),
    reservation('nodes', 3, 4, { node_count: 3 }),
    reservation('past', -3, -2),
  ];
  const body = { ...leastTotals, timestamp: textOf(now.getTime()), reservations };
  const { body: answer } = await receiver.post('derecho', body);
  for (const [index, id] of (answer.reservation_ids as unknown[]).entries()) ids.set(`${index}`, id);
  await receiver.change(`UPDATE reservations SET created_at = '2026-01-04T03:04:05'`);
  const store = await openStore(receiver.database);
  events = await feedEvents(store, now);
  await store.close();
});
afterAll(() => receiver.remove());

const outageEvent = (title: string, rest: Partial<FeedEvent>): FeedEvent => ({
  id: `outage-${ids.get(title)}`,
  kind: 'outage',
  system: 'Derecho',
  title,
  text: 'minor, investigating',
  start: 0,
  end: null,
  updated: Date.parse('2026-01-02T03:04:05Z'),
  page: `/outages?id=${ids.get(title)}`,
  ...rest,
});

test('outages that ended in the last 90 days, open and planned ones, the newest start first', () => {
  expect(events.filter(({ kind }) => kind !== 'reservation')).toEqual([
    outageEvent('moved', {
      ...{ kind: 'maintenance', text: 'maintenance, investigating', start: days(6), end: days(8) },
    }),
    outageEvent('planned', {
      ...{ kind: 'maintenance', text: 'maintenance, investigating', start: days(4), end: days(5) },
    }),
    outageEvent('open', {
      ...{ text: 'minor, monitoring, GPU nodes\n Two lines\nof text', start: days(-100) },
      updated: Date.parse('2026-01-03T03:04:05Z'),
    }),
    outageEvent('over', { text: 'minor, resolved', start: days(-120), end: days(-90) + 1000 }),
  ]);
});

test('reservations that have not ended, the next start first', () => {
  const reservation = (index: number, name: string, text: string): FeedEvent => ({
    id: `reservation-${ids.get(`${index}`)}`,
    kind: 'reservation',
    system: 'derecho',
    title: `Reservation ${name}`,
    text,
    start: days(index + 1),
    end: days(index + 2),
    updated: Date.parse('2026-01-04T03:04:05Z'),
    page: '/events',
  });
  expect(events.filter(({ kind }) => kind === 'reservation')).toEqual([
    reservation(0, 'class', '12 nodes\nR4.pbs'),
    reservation(1, 'empty', ''),
    reservation(2, 'nodes', '3 nodes'),
  ]);
});
