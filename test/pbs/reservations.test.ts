import { expect, test } from 'bun:test';
import { parseReservations } from '../../src/pbs/reservations.ts';

const start = 'reserve_start = Sat Nov 21 02:52:03 2026';
const end = 'reserve_end = Sat Nov 21 03:22:00 2026';
const block = (id: string, ...lines: string[]) => `Resv ID: ${id}\n${lines.join('\n')}\n\n`;
const read = (...blocks: string[]) => parseReservations(blocks.join(''), 'UTC');

test('a reservation has each of its values', () => {
  const rest = ['Reserve_Name = course', 'queue = R1', 'partition = P1', 'Resource_List.nodect = 3'];
  const { value, damaged } = read(block('R1.s', ...rest, 'resv_nodes = (n1:ncpus=1)', start, end));
  expect(value).toEqual([
    {
      ...{ id: 'R1.s', name: 'course', nodes: 3, partition: 'P1' },
      ...{ start: new Date('2026-11-21T02:52:03Z'), end: new Date('2026-11-21T03:22:00Z') },
    },
  ]);
  expect(damaged.count).toBe(0);
});

test.each([
  [['Reserve_Name = course', 'queue = R1'], 'course'],
  [['Reserve_Name = NULL', 'queue = R1'], 'R1'],
  [['Reserve_Name = ', 'queue = R1'], 'R1'],
  [['queue = R1'], 'R1'],
  [['Reserve_Name = NULL'], 'R1.s'],
  [[' = x', 'Reserve_Name = a = b '], 'a = b'],
])('a reservation with %j is named %s', (lines, name) => {
  expect(read(block('R1.s', ...lines, start, end)).value).toMatchObject([{ name, partition: null, nodes: null }]);
});

test.each([
  [['Resource_List.nodect = 0'], 0],
  [['Resource_List.nodect = 999999999'], 999_999_999],
  [['Resource_List.nodect = 9999999999', 'resv_nodes = (n1:ncpus=1)'], 1],
  [['Resource_List.nodect = x'], null],
  [['resv_nodes = (n1[0]:ncpus=1+n1[12]:ncpus=1)+(n2[x])'], 2],
  [['resv_nodes = n1+n2+n3'], 3],
])('a reservation with %j has %p nodes', (lines, nodes) => {
  expect(read(block('R1.s', ...lines, start, end)).value).toMatchObject([{ nodes }]);
});

test.each([
  ['UNCONFIRMED', false],
  ['NONE', false],
  ['FINISHED', false],
  ['BEING_DELETED', false],
  ['DELETED', false],
  ['DELETING_JOBS', false],
  ['CONFIRMED', true],
  ['TIME_TO_RUN', true],
  ['RUNNING', true],
  ['DEGRADED', true],
  ['IN_CONFLICT', true],
])('a reservation in the state %s is reported: %p', (state, isReported) => {
  const found = read(block('R1.s', `reserve_state = RESV_${state}`, start, end));
  expect([found.value.length, found.damaged.count]).toEqual([isReported ? 1 : 0, 0]);
});

test.each('Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, index) => [name, index] as const))(
  'the month %s is read',
  (name, index) => {
    const times = [start, end].map((line) => line.replace('Nov 21', `${name}  7`));
    expect(read(block('R1.s', ...times)).value.map((one) => one.start)).toEqual([
      new Date(Date.UTC(2026, index, 7, 2, 52, 3)),
    ]);
  },
);

test.each([
  ['has no id', '', [start, end]],
  ['reserve_start or reserve_end is not a time', 'R2.s', [start]],
  ['reserve_start or reserve_end is not a time', 'R2.s', [end]],
  ['reserve_start or reserve_end is not a time', 'R2.s', [start.replace('Nov', 'Foo'), end]],
  ['reserve_start or reserve_end is not a time', 'R2.s', [start.replace('2026', '26'), end]],
  ['reserve_end is before reserve_start', 'R2.s', [start.replace('02:52', '03:22'), end]],
])('a reservation that %s is damaged, at its place', (problem, id, lines) => {
  const before = block('R1.s', start, start.replace('start', 'end'));
  const { value, damaged } = read('comment\n', before, block(id, ...lines), block('R3.s', start, end));
  expect(value.map((one) => one.id)).toEqual(['R1.s', 'R3.s']);
  expect(damaged.first).toEqual([{ record: id, byte: `comment\n${before}`.length, problem }]);
});
