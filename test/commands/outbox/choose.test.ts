/** Which entries the flags of the outbox commands select. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import {
  type ChooseArgs,
  checkChoice,
  chooseEntries,
  readsIds,
  summaryOf,
} from '../../../src/commands/outbox/choose.ts';
import { filterOf, isFiltered } from '../../../src/commands/outbox/filter-args.ts';
import type { Entry, EntryState } from '../../../src/outbox/entry.ts';
import { ids, newOutbox, put, type TestOutbox } from '../../outbox/queue.ts';

const now = new Date('2026-01-10T12:00:00Z');
const usual: readonly EntryState[] = ['pending', 'held'];
const at = (time: string) => new Date(`2026-01-${time}Z`);

const sorted = (words: readonly string[]) => [...words].sort();

const noTimes = { since: null, until: null };
test.each([
  [{}, noTimes],
  [{ stream: 'sam/derecho' }, { ...noTimes, stream: 'sam/derecho' }],
  [{ state: 'rejected' }, { ...noTimes, states: ['rejected'] }],
  [{ state: 'all' }, { ...noTimes, states: ['pending', 'held', 'rejected', 'delivered'] }],
  [{ 'older-than': '2h' }, { since: null, until: at('10T10:00') }],
  [{ 'younger-than': '3d' }, { since: at('07T12:00'), until: null }],
  [{ since: '2026-01-09T07:30-07:00' }, { since: at('09T14:30'), until: null }],
  [{ until: '2026-01-09T07:30' }, { since: null, until: at('09T07:30') }],
  [
    { since: '2026-01-05T00:00', 'younger-than': '3d' },
    { since: at('07T12:00'), until: null },
  ],
  [
    { since: '2026-01-08T00:00', 'younger-than': '3d' },
    { since: at('08T00:00'), until: null },
  ],
  [
    { until: '2026-01-05T00:00', 'older-than': '2h' },
    { since: null, until: at('05T00:00') },
  ],
  [
    { until: '2026-01-11T00:00', 'older-than': '2h' },
    { since: null, until: at('10T10:00') },
  ],
  [
    { since: '2026-01-05T00:00', 'older-than': '2h' },
    { since: at('05T00:00'), until: at('10T10:00') },
  ],
])('%j', (args, filter) => {
  const { states, ...rest } = filterOf(args, usual, now);
  const expected = { states: usual, stream: null, ...filter };
  expect({ ...rest, states: sorted(states) }).toEqual({ ...expected, states: sorted(expected.states) });
});

const long = 'x'.repeat(41);
const cut = `${'x'.repeat(40)}…`;
const ages = 'give an age such as 90s, 15m, 2h or 3d';
const times = 'give a time such as 2025-11-25T14:30 (UTC) or 2025-11-25T07:30-07:00';
test.each([
  [{ state: 'lost' }, "there is no state 'lost': give pending, held, rejected, delivered or all"],
  [{ state: long }, `there is no state '${cut}': give pending, held, rejected, delivered or all`],
  [{ 'older-than': 'soon' }, `--older-than soon: ${ages}`],
  [{ 'younger-than': '2' }, `--younger-than 2: ${ages}`],
  [{ 'younger-than': long }, `--younger-than ${cut}: ${ages}`],
  [{ since: 'yesterday' }, `--since yesterday: ${times}`],
  [{ until: '12:00' }, `--until 12:00: ${times}`],
  [{ until: long }, `--until ${cut}: ${times}`],
  [
    { since: '2026-01-09T00:00', until: '2026-01-09T00:00' },
    'no entry can match: 2026-01-09 00:00:00 UTC (--since, --younger-than) is not before 2026-01-09 00:00:00 UTC (--until, --older-than)',
  ],
  [
    { 'younger-than': '1h', 'older-than': '2h' },
    'no entry can match: 2026-01-10 11:00:00 UTC (--since, --younger-than) is not before 2026-01-10 10:00:00 UTC (--until, --older-than)',
  ],
])('%j is refused', (args, message) => {
  expect(() => filterOf(args, usual, now)).toThrow(new Error(message));
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
    expect(() => checkChoice(args)).toThrow(new Error('give either ids or flags that choose entries, not both'));
  expect(() => checkChoice({ _: [] })).toThrow(
    new Error(
      'no entries are chosen: give ids, - for ids on standard input, --stream, --state, --older-than, --rejected (with retry), or --all',
    ),
  );
});

test('the summary counts the entries of each stream', () => {
  const key = (stream: string) => ({ sequence: 1, id: 'a', stream, state: 'pending', collectedAt: now }) as const;
  expect(summaryOf([])).toBe('0 entries');
  expect(summaryOf([key('sam/a')])).toBe('1 entry (sam/a 1)');
  expect(summaryOf([key('sam/b'), key('sam/a'), key('sam/b')])).toBe('3 entries (sam/a 1, sam/b 2)');
  expect(summaryOf([key('x'.repeat(61))])).toBe(`1 entry (${'x'.repeat(60)}… 1)`);
});

describe('the entries of a command', () => {
  let box: TestOutbox;
  let pending: Entry;
  let held: Entry;
  let delivered: Entry;
  beforeAll(() => {
    box = newOutbox();
    pending = put(box.outbox);
    held = put(box.outbox, { state: 'held', stream: 'sam/derecho' });
    delivered = put(box.outbox, { state: 'delivered' });
  });
  afterAll(() => box.remove());
  const chosen = async (args: ChooseArgs) => ids(await chooseEntries(box.outbox, args, ['pending', 'held']));

  test('are the named ones, in any state, or those of the flags in a state to which it applies', async () => {
    expect(await chosen({ _: [delivered.id, pending.id] })).toEqual([delivered.id, pending.id]);
    expect(await chosen({ _: [], all: true })).toEqual([pending.id, held.id]);
    expect(await chosen({ _: [], state: 'all' })).toEqual([pending.id, held.id]);
    expect(await chosen({ _: [], state: 'held' })).toEqual([held.id]);
    expect(await chosen({ _: [], stream: 'sam/casper' })).toEqual([pending.id]);
  });

  test('are refused in a state to which it does not apply, and if none are chosen', async () => {
    await expect(chosen({ _: [], state: 'delivered' })).rejects.toThrow(
      new Error('this does not apply to delivered entries, only to pending or held entries'),
    );
    await expect(chosen({ _: [] })).rejects.toThrow('no entries are chosen');
  });

  test('come from standard input if a word is a dash', () => {
    expect(readsIds({ _: ['a', '-'] })).toBe(true);
    expect(readsIds({ _: ['a', '--'] })).toBe(false);
  });
});
