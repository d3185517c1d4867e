import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { type Stretch, timelineOf } from '../../../src/server/status/timeline.ts';
import { secondsBetween, uptimeOf } from '../../../src/server/status/uptime.ts';
import type { StoredOutageRow } from '../../../src/server/store/outages.ts';
import { overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

const start = Date.parse('2026-03-02T10:00:00Z');
const minute = (count: number) => start + count * 60_000;
const textAt = (count: number) => new Date(minute(count)).toISOString().slice(0, 19);

const span = (state: string, first: number, last: number) => ({
  ...{ id: 1, key: '', value: JSON.stringify({ state, reasons: [] }) },
  ...{ first: textAt(first), last: textAt(last) },
});
const outage = (
  severity: string,
  from: number,
  to: number | null,
  rest: Partial<StoredOutageRow> = {},
): StoredOutageRow => ({
  ...{ outage_id: 1, system_name: 's', title: 't', severity, status: 'investigating', component: null },
  ...{ description: null, estimated_resolution: null, created_at: textAt(0), updated_at: null },
  ...{ start_time: textAt(from), end_time: to === null ? null : textAt(to) },
  ...rest,
});
const minutes = (stretches: readonly Stretch[]) =>
  stretches.map(({ from, to, state, isMaintenance }) => [
    (from - start) / 60_000,
    (to - start) / 60_000,
    isMaintenance ? 'maintenance' : state,
  ]);

describe('the states of an hour', () => {
  test('are known until 10 minutes after a snapshot, or until the next one', () => {
    const spans = [span('up', 5, 10), span('degraded', 15, 20), span('up', 50, 50)];
    expect(minutes(timelineOf(spans, [], minute(0), minute(60)))).toEqual([
      [0, 5, 'unknown'],
      [5, 15, 'up'],
      [15, 30, 'degraded'],
      [30, 50, 'unknown'],
      [50, 60, 'up'],
    ]);
  });

  test('are those of outages of the whole system, with and without snapshots', () => {
    const outages = [outage('critical', 10, 20), outage('maintenance', 40, null), outage('minor', 0, 60)];
    expect(minutes(timelineOf([span('up', 0, 20)], outages, minute(0), minute(60)))).toEqual([
      [0, 10, 'degraded'],
      [10, 20, 'down'],
      [20, 30, 'degraded'],
      [30, 40, 'unknown'],
      [40, 60, 'maintenance'],
    ]);
  });

  test('end with an outage that was resolved without an end when that was reported', () => {
    const resolved = outage('critical', 10, null, { status: 'resolved', updated_at: textAt(30) });
    expect(minutes(timelineOf([span('up', 0, 60)], [resolved], minute(0), minute(60)))).toEqual([
      [0, 10, 'up'],
      [10, 30, 'down'],
      [30, 60, 'up'],
    ]);
  });

  test('are unknown without anything', () => {
    expect(minutes(timelineOf([], [], minute(0), minute(60)))).toEqual([[0, 60, 'unknown']]);
  });
});

test('uptime counts known time, with and without planned maintenance', () => {
  const stretches = timelineOf(
    [span('up', 0, 30), span('degraded', 35, 40)],
    [outage('critical', 10, 20), outage('maintenance', 20, 30)],
    minute(0),
    minute(100),
  );
  expect(uptimeOf(secondsBetween(stretches, minute(0), minute(100)), 1)).toEqual({
    days: 1,
    percent: 60,
    percent_without_maintenance: 75,
    known_percent: 50,
  });
  const nothing = uptimeOf({ up: 0, degraded: 0, down: 0, maintenance: 0, unknown: 5 }, 90);
  expect(nothing).toMatchObject({ percent: null, percent_without_maintenance: null, known_percent: 0 });
});

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  test('the seconds in each state by bucket', async () => {
    const down = { cpu_nodes_down: 10, gpu_nodes_down: 2 };
    for (const [at, rest] of [
      [65, {}],
      [5, {}],
      [60, down],
      [10, down],
    ] as const) {
      expect(await receiver.post('s', { ...leastTotals, ...rest, timestamp: textAt(at) })).toMatchObject({
        status: 201,
      });
    }
    const { status, body } = await receiver.get(`s/states?from=${textAt(0)}&to=${textAt(120)}&step=1h`);
    expect(status).toBe(200);
    expect(body).toEqual({
      system: 's',
      from: '2026-03-02T10:00:00',
      to: '2026-03-02T12:00:00',
      step: 3600,
      seconds: {
        up: [300, 600],
        degraded: [0, 0],
        down: [600, 300],
        maintenance: [0, 0],
        unknown: [2700, 2700],
      },
    });
  });

  test('the time after now is in no state, and the default is 90 days', async () => {
    const { body } = await receiver.get('s/states');
    const seconds = body.seconds as Record<string, number[]>;
    expect(seconds.up).toHaveLength(91);
    const today = Object.values(seconds).reduce((sum, days) => sum + (days.at(-1) ?? 0), 0);
    expect(today).toBeLessThan(86_400 + 1);
    const later = await receiver.get('s/states?from=2100-01-01&to=2100-01-02');
    expect(Object.values(later.body.seconds as Record<string, number[]>).flat()).toEqual([0, 0, 0, 0, 0]);
  });

  test('an unknown system is 404', async () => {
    expect(await receiver.get('none/states')).toMatchObject({ status: 404 });
  });
});
