import { describe, expect, test } from 'bun:test';
import type { ReservationRecord } from '../../src/lib/records.ts';
import { nameLimits } from '../../src/snapshot/limits.ts';
import {
  filesystemRow,
  loginNodeRow,
  queueDefinitionRow,
  reservationRows,
  withCutNames,
} from '../../src/snapshot/rows.ts';

const at = (hour: number) => new Date(Date.UTC(2026, 2, 1, hour));
const reservation = (rest: Partial<ReservationRecord> = {}): ReservationRecord => ({
  id: 'R1',
  name: 'maint',
  start: at(1),
  end: at(9),
  nodes: 1,
  partition: null,
  ...rest,
});
const rowsOf = (...reservations: ReservationRecord[]) => reservationRows(reservations, 'derecho');

describe('of reservations', () => {
  const early = reservation({ id: 'early', start: at(2) });
  const late = reservation({ id: 'late', start: at(3) });
  const other = reservation({ id: 'other', name: 'other', start: at(1) });

  test.each([
    ['early first', [early, late, other]],
    ['late first', [late, other, early]],
  ])('of one name the first to start is the row: %s', (_, all) => {
    const rows = rowsOf(...all);
    expect(rows.map(({ description }) => description).sort()).toEqual(['early', 'other']);
    expect(rows.map(({ start_time }) => start_time).sort()).toEqual([
      '2026-03-01T01:00:00.000',
      '2026-03-01T02:00:00.000',
    ]);
  });

  test('of one name and start the first listed is the row', () => {
    const same = reservation({ id: 'same', start: at(2) });
    expect(rowsOf(early, same)).toMatchObject([{ description: 'early' }]);
  });

  test('every field is in the row', () => {
    expect(rowsOf(reservation({ nodes: 0, partition: 'cpu' }))).toEqual([
      {
        system_name: 'derecho',
        reservation_name: 'maint',
        description: 'R1',
        start_time: '2026-03-01T01:00:00.000',
        end_time: '2026-03-01T09:00:00.000',
        node_count: 0,
        partition: 'cpu',
      },
    ]);
  });

  test('names that are the same after the cut are one', () => {
    const name = 'r'.repeat(nameLimits.reservation_name);
    const rows = rowsOf(reservation({ name, start: at(5) }), reservation({ name: `${name}x`, start: at(4) }));
    expect(rows).toMatchObject([{ reservation_name: name, start_time: '2026-03-01T04:00:00.000' }]);
  });
});

test('rows whose names are the same after the cut are added up, by all their names', () => {
  const long = 'u'.repeat(nameLimits.username);
  const row = (username: string, queue_name: string, jobs: number) => ({ username, queue_name, jobs, note: 'n' });
  const rows = [row(`${long}1`, 'a', 1), row(`${long}2`, 'a', 2), row(`${long}3`, 'b', 4), row('u', 'a', 0)];
  expect(withCutNames(rows, ['username', 'queue_name'])).toEqual([
    row(long, 'a', 3),
    row(long, 'b', 4),
    row('u', 'a', 0),
  ]);
});

test('a queue row has the numbers and flags of its queue', () => {
  const queue = { name: 'q', type: 'Execution', enabled: true, started: false, jobs: 5 };
  expect(queueDefinitionRow(queue, 0)).toEqual({
    queue_name: 'q',
    queue_type: 'Execution',
    enabled: true,
    started: false,
    total_jobs: 0,
  });
});

test.each([
  ['raw', 4, [1, 2, 4]],
  ['percent', 4, [25, 50, 100]],
  ['percent', 1, [100, 200, 400]],
] as const)('the load of a login node as %s of %d CPUs', (loadAs, cpus, loads) => {
  const found = { users: 0, cpus, load: [1, 2, 4] as const };
  const [load_1min, load_5min, load_15min] = loads;
  expect(loginNodeRow({ name: 'a', type: 'cpu' }, found, loadAs)).toEqual({
    node_name: 'a',
    node_type: 'cpu',
    available: true,
    degraded: false,
    user_count: 0,
    num_cpus: cpus,
    load_1min,
    load_5min,
    load_15min,
  });
});

test('the size of a filesystem has six decimals, in TiB, and its use two, in percent', () => {
  const found = { sizeBytes: 3 * 1024 ** 4, usedBytes: 1.23456789 * 1024 ** 4, inodes: 7, inodesUsed: 3 };
  expect(filesystemRow('glade', found, 90)).toMatchObject({
    capacity_tb: 3,
    used_tb: 1.234568,
    utilization_percent: 41.15,
    inodes_utilization_percent: 42.86,
  });
});

test.each([
  [89, false],
  [90, false],
  [91, true],
])('a filesystem that is %d %% full is degraded above 90: %p', (percent, degraded) => {
  const tebibyte = 1024 ** 4;
  const found = { sizeBytes: 100 * tebibyte, usedBytes: percent * tebibyte, inodes: 10, inodesUsed: 0 };
  expect(filesystemRow('glade', found, 90)).toEqual({
    filesystem_name: 'glade',
    available: true,
    degraded,
    capacity_tb: 100,
    used_tb: percent,
    utilization_percent: percent,
    capacity_inodes: 10,
    used_inodes: 0,
    inodes_utilization_percent: 0,
  });
});
