/** Which entries the flags of the outbox commands select. */

import { expect, test } from 'bun:test';
import { checkChoice, summaryOf } from '../../../src/commands/outbox/choose.ts';
import { filterOf, isFiltered } from '../../../src/commands/outbox/filter-args.ts';
import type { EntryState } from '../../../src/outbox/entry.ts';

const now = new Date('2026-01-10T12:00:00Z');
const usual: readonly EntryState[] = ['pending', 'held'];
const at = (time: string) => new Date(`2026-01-${time}Z`);

test.each([
  [{}, { states: usual, stream: null, since: null, until: null }],
  [{ stream: 'sam/derecho' }, { states: usual, stream: 'sam/derecho', since: null, until: null }],
  [{ state: 'rejected' }, { states: ['rejected'] }],
  [{ state: 'all' }, { states: ['pending', 'held', 'rejected', 'delivered'] }],
  [{ 'older-than': '2h' }, { since: null, until: at('10T10:00') }],
  [{ 'younger-than': '3d' }, { since: at('07T12:00'), until: null }],
  [{ since: '2026-01-09T07:30-07:00' }, { since: at('09T14:30'), until: null }],
  [{ until: '2026-01-09T07:30' }, { since: null, until: at('09T07:30') }],
  [{ since: '2026-01-05T00:00', 'younger-than': '3d' }, { since: at('07T12:00') }],
  [{ since: '2026-01-08T00:00', 'younger-than': '3d' }, { since: at('08T00:00') }],
  [{ until: '2026-01-05T00:00', 'older-than': '2h' }, { until: at('05T00:00') }],
  [{ until: '2026-01-11T00:00', 'older-than': '2h' }, { until: at('10T10:00') }],
])('%j', (args, filter) => {
  const found = filterOf(args, usual, now);
  expect({ ...found, states: [...found.states].sort() }).toMatchObject(
    'states' in filter ? { ...filter, states: [...filter.states].sort() } : filter,
  );
});

test.each([
  [{ state: 'lost' }, "there is no state 'lost': give "],
  [{ 'older-than': 'soon' }, '--older-than soon: give an age such as'],
  [{ 'younger-than': '2' }, '--younger-than 2: give an age such as'],
  [{ since: 'yesterday' }, '--since yesterday: give a time such as'],
  [{ until: '12:00' }, '--until 12:00: give a time such as'],
  [{ since: '2026-01-09T00:00', until: '2026-01-09T00:00' }, 'no entry can match: 2026-01-09 00:00:00 UTC (--since'],
  [{ 'younger-than': '1h', 'older-than': '2h' }, 'no entry can match'],
])('%j is refused', (args, words) => {
  expect(() => filterOf(args, usual, now)).toThrow(words);
});

test('each of the flags filters', () => {
  expect(isFiltered({})).toBe(false);
  for (const name of ['stream', 'state', 'older-than', 'younger-than', 'since', 'until'])
    expect(isFiltered({ [name]: 'x' })).toBe(true);
});

test('either ids or flags are needed', () => {
  for (const args of [{ _: ['a'] }, { _: [], all: true }, { _: [], stream: 'x' }])
    expect(() => checkChoice(args)).not.toThrow();
  for (const args of [
    { _: ['a'], all: true },
    { _: ['a'], stream: 'x' },
  ])
    expect(() => checkChoice(args)).toThrow('not both');
  expect(() => checkChoice({ _: [] })).toThrow('no entries are chosen');
});

test('the summary counts the entries of each stream', () => {
  const key = (stream: string) => ({ sequence: 1, id: 'a', stream, state: 'pending', collectedAt: now }) as const;
  expect(summaryOf([])).toBe('0 entries');
  expect(summaryOf([key('sam/a')])).toBe('1 entry (sam/a 1)');
  expect(summaryOf([key('sam/b'), key('sam/a'), key('sam/b')])).toBe('3 entries (sam/a 1, sam/b 2)');
});
