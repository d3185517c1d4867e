/** The states of a system over time, at the borders of snapshots, outages and periods. */

import { describe, expect, test } from 'bun:test';
import { type Stretch, timelineOf } from '../../../src/server/status/timeline.ts';
import { secondsBetween, uptimeOf } from '../../../src/server/status/uptime.ts';
import type { StoredOutageRow } from '../../../src/server/store/outages.ts';
import type { SpanRow } from '../../../src/server/store/spans.ts';

const start = Date.parse('2026-03-02T10:00:00Z');
const minute = (count: number) => start + count * 60_000;
const textAt = (count: number) => new Date(minute(count)).toISOString().slice(0, 19);
const span = (state: string, first: number, last: number): SpanRow => ({
  ...{ id: 1, key: '', value: JSON.stringify({ state, reasons: [] }), first: textAt(first), last: textAt(last) },
});
const outage = (from: number, to: number | null, rest: Partial<StoredOutageRow> = {}): StoredOutageRow => ({
  ...{ outage_id: 1, system_name: 's', title: 't', severity: 'critical', status: 'investigating', component: null },
  ...{ description: null, estimated_resolution: null, created_at: textAt(from), updated_at: null },
  ...{ start_time: textAt(from), end_time: to === null ? null : textAt(to), ...rest },
});
/** The states from minute 0 to 60 as `from-to state`. */
const states = (spans: readonly SpanRow[], outages: readonly StoredOutageRow[] = []) =>
  timelineOf(spans, outages, minute(0), minute(60)).map(
    ({ from, to, state, isMaintenance }) =>
      `${(from - start) / 60_000}-${(to - start) / 60_000} ${isMaintenance ? 'maintenance' : state}`,
  );

test.each<[what: string, spans: readonly SpanRow[], outages: readonly StoredOutageRow[], expected: readonly string[]]>([
  ['of one span around the period', [span('up', -30, 90)], [], ['0-60 up']],
  [
    'of a span that began before it',
    [span('down', -30, -5), span('up', 20, 60)],
    [],
    ['0-5 down', '5-20 unknown', '20-60 up'],
  ],
  ['of a span that ended before it', [span('down', -30, -10), span('up', 0, 60)], [], ['0-60 up']],
  ['of spans with equal states', [span('up', 0, 20), span('up', 25, 55)], [], ['0-60 up']],
  [
    'of three states',
    [span('up', 0, 20), span('down', 25, 30), span('degraded', 35, 60)],
    [],
    ['0-25 up', '25-35 down', '35-60 degraded'],
  ],
  ['of a gap between spans', [span('up', 0, 10), span('down', 50, 60)], [], ['0-20 up', '20-50 unknown', '50-60 down']],
  ['of an outage from the start', [span('up', 0, 60)], [outage(0, 10)], ['0-10 down', '10-60 up']],
  ['of an outage before it', [span('up', 0, 60)], [outage(-20, 0)], ['0-60 up']],
  ['of an outage after it', [span('up', 0, 60)], [outage(60, 70)], ['0-60 up']],
  ['of an open outage', [span('up', 0, 60)], [outage(50, null)], ['0-50 up', '50-60 down']],
  [
    'of an outage of a part',
    [span('up', 0, 60)],
    [outage(10, 20, { component: 'x' })],
    ['0-10 up', '10-20 degraded', '20-60 up'],
  ],
  [
    'of maintenance of a part',
    [span('up', 0, 60)],
    [outage(10, 20, { severity: 'maintenance', component: 'x' })],
    ['0-10 up', '10-20 degraded', '20-60 up'],
  ],
  [
    'of maintenance and an outage',
    [span('up', 0, 60)],
    [outage(10, 30, { severity: 'maintenance' }), outage(20, 40)],
    ['0-10 up', '10-30 maintenance', '30-40 down', '40-60 up'],
  ],
  [
    'of an outage that was resolved without an end or a change',
    [span('up', 0, 60)],
    [outage(10, null, { status: 'resolved', created_at: textAt(15) })],
    ['0-10 up', '10-15 down', '15-60 up'],
  ],
  [
    'of an outage that was resolved with an end',
    [span('up', 0, 60)],
    [outage(10, 20, { status: 'resolved', updated_at: textAt(30) })],
    ['0-10 up', '10-20 down', '20-60 up'],
  ],
])('the states %s', (_, spans, outages, expected) => expect(states(spans, outages)).toEqual([...expected]));

describe('the seconds in each state', () => {
  const stretch = (from: number, to: number, state: Stretch['state'], isMaintenance = false): Stretch => ({
    ...{ from: minute(from), to: minute(to), state, isMaintenance },
  });
  const stretches = [
    ...[stretch(0, 2, 'up'), stretch(2, 5, 'degraded'), stretch(5, 9, 'down'), stretch(9, 14, 'down', true)],
    ...[stretch(14, 20, 'unknown'), stretch(20, 27, 'up')],
  ];

  test.each([
    [0, 27, { up: 540, degraded: 180, down: 240, maintenance: 300, unknown: 360 }],
    [1, 3, { up: 60, degraded: 60, down: 0, maintenance: 0, unknown: 0 }],
    [5, 5, { up: 0, degraded: 0, down: 0, maintenance: 0, unknown: 0 }],
    [26.5, 90, { up: 30, degraded: 0, down: 0, maintenance: 0, unknown: 0 }],
  ])('from minute %d to %d', (from, to, expected) => {
    expect(secondsBetween(stretches, minute(from), minute(to))).toEqual(expected);
  });

  test.each([
    [{ up: 50, degraded: 10, down: 20, maintenance: 40, unknown: 60 }, [50, 75, 66.667]],
    [{ up: 0, degraded: 0, down: 7, maintenance: 0, unknown: 0 }, [0, 0, 100]],
    [{ up: 0, degraded: 0, down: 0, maintenance: 5, unknown: 0 }, [0, null, 100]],
    [{ up: 3, degraded: 0, down: 0, maintenance: 0, unknown: 0 }, [100, 100, 100]],
    [{ up: 0, degraded: 0, down: 0, maintenance: 0, unknown: 0 }, [null, null, 0]],
  ])('%j are the uptime %j', (seconds, [percent, percent_without_maintenance, known_percent]) => {
    expect(uptimeOf(seconds, 7) as unknown).toEqual({ days: 7, percent, percent_without_maintenance, known_percent });
  });
});
