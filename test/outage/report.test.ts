import { describe, expect, test } from 'bun:test';
import { samDestination } from '../../src/delivery/sam.ts';
import { consequence, deliveryOf } from '../../src/outage/describe.ts';
import { findOutage, forgetOldOutages, isOutageKey, listOutages } from '../../src/outage/outage-table.ts';
import { reportOutage, resolveOutage, updateOutage } from '../../src/outage/report.ts';
import { syncOutages } from '../../src/outage/sync-from-outbox.ts';
import { settingsFor } from '../delivery/helper.ts';
import { attemptAt, newOutbox } from '../outbox/queue.ts';
import { watched } from './helper.ts';

const now = new Date('2026-03-01T10:00:00.000Z');
const later = new Date('2026-03-01T11:00:00.000Z');
const said = { title: 'Login nodes do not answer', severity: 'minor' };

function opened() {
  const { outbox, remove } = newOutbox();
  return {
    outbox,
    /** As the destination answers everything that waits. */
    deliver(answer: (id: number) => object, from = 1) {
      for (const [index, entry] of outbox.list('pending').entries())
        outbox.delivered(entry, attemptAt(later), JSON.stringify({ success: true, ...answer(from + index) }));
      syncOutages(outbox);
    },
    [Symbol.dispose]: remove,
  };
}

test('is stored as an entry with the start and without an end, its system in lower case', () => {
  using box = opened();
  const { outage_key } = reportOutage(box.outbox, ' Derecho', { ...said, component: 'Login nodes' }, now);
  const [entry] = box.outbox.list('pending');
  if (!entry) throw new Error('nothing is stored');
  expect(entry).toMatchObject({ stream: 'sam/outage', destination: 'sam', path: '/api/v1/status/outage' });
  expect(JSON.parse(box.outbox.body(entry))).toEqual({
    ...said,
    system_name: 'derecho',
    status: 'investigating',
    component: 'Login nodes',
    start_time: '2026-03-01T10:00:00.000',
    outage_key,
    outage_reported_at: '2026-03-01T10:00:00.000',
  });
});

test('is sent unchanged, however late', () => {
  using box = opened();
  reportOutage(box.outbox, 'derecho', said, now);
  const [entry] = box.outbox.list('pending');
  if (!entry) throw new Error('nothing is stored');
  const body = box.outbox.body(entry);
  const destination = samDestination(settingsFor('http://127.0.0.1:9'));
  const place = { isLate: true, isNewest: false, outageRow: null };
  expect(destination.prepare(body, place)).toEqual({ body, leftOut: [], ifRefused: null });
});

test.each([
  ['severity', 'bad', '--severity must be one of critical, major, minor, maintenance'],
  ['status', 'open', '--status must be one of investigating'],
  ['title', 't'.repeat(256), '--title must have at most 255 characters'],
  ['title', '😀'.repeat(256), '--title must have at most 255 characters'],
  ['title', ' ', '--title must not be empty'],
  ['title', 'a\u0000b', '--title must not have control characters'],
  ['component', 'c'.repeat(129), '--component must have at most 128 characters'],
  ['start', 'soon', '--start is not a time such as'],
  ['start', '2026-03-01T10:01', '--start is in the future'],
  ['eta', '2026-03-01T09:59', '--eta is before the start'],
  ['status', 'resolved', '--end is given with the status resolved, and only then'],
])('%s = %p is refused before anything is stored', (field, value, words) => {
  using box = opened();
  expect(() => reportOutage(box.outbox, 'derecho', { ...said, [field]: value }, now)).toThrow(words);
  expect(box.outbox.list('all')).toEqual([]);
  expect(listOutages(box.outbox, true)).toEqual([]);
});

test('all problems are reported together, also an unknown system', () => {
  using box = opened();
  expect(() => reportOutage(box.outbox, 's'.repeat(33), { severity: 'bad' }, now)).toThrow(
    /SYSTEM must have .*; --title must be given; --severity must be one of/,
  );
});

test('a limit of 255 characters accepts 255 characters of any kind', () => {
  using box = opened();
  expect(reportOutage(box.outbox, 'derecho', { ...said, title: '😀'.repeat(255) }, now).title).toHaveLength(510);
});

test('maintenance may be planned', () => {
  using box = opened();
  const planned = { title: 'Update', severity: 'maintenance', start: '2026-04-01T08:00', eta: '2026-04-01T18:00' };
  expect(reportOutage(box.outbox, 'casper', planned, now).start_time).toEqual(new Date('2026-04-01T08:00Z'));
});

test('an update sends the new and the known values; the end is now by default', () => {
  using box = opened();
  const { outage_key: key } = reportOutage(box.outbox, 'derecho', { ...said, component: 'Login nodes' }, now);
  updateOutage(box.outbox, key.slice(0, 20), { status: 'identified', severity: 'major' }, later);
  resolveOutage(box.outbox, key, {}, new Date(later.getTime() + 60_000));
  expect(box.outbox.list('pending').map((entry) => JSON.parse(box.outbox.body(entry)))).toMatchObject([
    { status: 'investigating', severity: 'minor' },
    { status: 'identified', severity: 'major', component: 'Login nodes', start_time: '2026-03-01T10:00:00.000' },
    {
      status: 'resolved',
      severity: 'major',
      start_time: '2026-03-01T10:00:00.000',
      end_time: '2026-03-01T11:01:00.000',
    },
  ]);
  expect(() => updateOutage(box.outbox, key, { severity: 'minor' }, later)).toThrow('is resolved already');
  expect(() => findOutage(box.outbox, 'ffff')).toThrow('there is no outage ffff');
});

test.each([
  ['before it began', '2026-03-01T09:00', '--end is before the start'],
  ['in the future', '2026-03-01T12:00', '--end is in the future'],
])('an end %s is refused', (_, end, words) => {
  using box = opened();
  const { outage_key: key } = reportOutage(box.outbox, 'derecho', said, now);
  expect(() => resolveOutage(box.outbox, key, { end }, later)).toThrow(words);
  expect(box.outbox.list('all')).toHaveLength(1);
});

test('a clock that was turned back does not make the end older than the beginning', () => {
  using box = opened();
  const { outage_key: key } = reportOutage(box.outbox, 'derecho', said, later);
  updateOutage(box.outbox, key, { severity: 'major' }, now);
  expect(listOutages(box.outbox, false)).toMatchObject([{ severity: 'major' }]);
});

describe('what the destination answers', () => {
  test('the SAM API: the row of the first report is changed, and staff must close others', () => {
    using box = opened();
    const { outage_key: key } = reportOutage(box.outbox, 'derecho', said, now);
    expect(consequence(resolved(box, key))).toBe('It changes the row that the destination makes of the first report');
    using other = opened();
    const { outage_key } = reportOutage(other.outbox, 'derecho', said, now);
    updateOutage(other.outbox, outage_key, { severity: 'major' }, later);
    other.deliver((id) => ({ outage_id: id }), 41);
    const outage = findOutage(other.outbox, outage_key);
    expect(outage).toMatchObject({ answers: [{ ids: [41, 42], isOneRow: false }] });
    expect(deliveryOf(other.outbox, outage)).toBe('delivered');
    expect(consequence(resolved(other, outage_key))).toBe(
      'It changes the row with outage_id 41; the staff of the SAM API must close the row with outage_id 42',
    );
  });

  test('the receiver: one row for all', () => {
    using box = opened();
    const { outage_key } = reportOutage(box.outbox, 'derecho', said, now);
    updateOutage(box.outbox, outage_key, { severity: 'major' }, later);
    box.deliver(() => ({ outage_id: 7, outage_key }));
    expect(findOutage(box.outbox, outage_key)).toMatchObject({ answers: [{ ids: [7], isOneRow: true }] });
    expect(consequence(resolved(box, outage_key))).toBe('It changes the row with outage_id 7');
  });

  test('is remembered when the entries are gone', () => {
    using box = opened();
    const { outage_key } = reportOutage(box.outbox, 'derecho', said, now);
    box.deliver((id) => ({ outage_id: id }));
    box.outbox.database.run('DELETE FROM entries');
    syncOutages(box.outbox);
    expect(findOutage(box.outbox, outage_key).answers).toMatchObject([{ destination: 'sam', ids: [1] }]);
    expect(deliveryOf(box.outbox, findOutage(box.outbox, outage_key))).toBe('delivered');
  });

  test('that is malformed is ignored', () => {
    using box = opened();
    const { outage_key } = reportOutage(box.outbox, 'derecho', said, now);
    box.deliver(() => ({ outage_id: 'many' }));
    expect(findOutage(box.outbox, outage_key)).toMatchObject({ answers: [] });
  });

  function resolved(box: ReturnType<typeof opened>, key: string) {
    return resolveOutage(box.outbox, key, {}, new Date(later.getTime() + 60_000));
  }
});

describe('the entry and the stored outage', () => {
  test('are stored together or not at all', () => {
    using box = opened();
    box.outbox.database.run(
      "CREATE TRIGGER dies BEFORE INSERT ON outage_entries BEGIN SELECT raise(ABORT, 'killed'); END",
    );
    expect(() => reportOutage(box.outbox, 'derecho', said, now)).toThrow('killed');
    expect(box.outbox.list('all')).toEqual([]);
    expect(listOutages(box.outbox, true)).toEqual([]);
  });

  test('are restored from the entries after damage: a detected outage is not reported again', () => {
    using site = watched();
    const down = { login: { a: false, b: true } };
    for (const sketch of [down, down]) site.see(sketch);
    const before = site.outages();
    site.outbox.database.run('DELETE FROM outages');
    expect(site.detect()).toEqual([]);
    expect(site.outages()).toEqual(before);
    expect(site.reports()).toHaveLength(1);
  });
});

test('a resolved outage is kept with its end for 90 days after its last report', () => {
  using box = opened();
  const { outage_key } = reportOutage(box.outbox, 'derecho', said, now);
  resolveOutage(box.outbox, outage_key, {}, later);
  expect(findOutage(box.outbox, outage_key)).toMatchObject({ start_time: now, end_time: later });
  box.outbox.database.run('DELETE FROM entries');
  const days = (count: number) => new Date(later.getTime() + count * 86_400_000);
  forgetOldOutages(box.outbox, days(90));
  expect(listOutages(box.outbox, true)).toHaveLength(1);
  forgetOldOutages(box.outbox, days(90.1));
  expect(listOutages(box.outbox, true)).toEqual([]);
});

test('an unambiguous prefix of a key names an outage', () => {
  using box = opened();
  const keys = [now, later].map((time) => reportOutage(box.outbox, 'derecho', said, time).outage_key);
  expect(keys.map((key) => isOutageKey(box.outbox, key))).toEqual([true, true]);
  expect(['019', '0', 'f'].map((beginning) => isOutageKey(box.outbox, beginning)).includes(true)).toBe(false);
});

describe('to several destinations', () => {
  const both = () => ['sam', 'ours'];
  /** The SAM API makes a row of each report, the receiver keeps one. */
  function answerAll(box: ReturnType<typeof opened>, key: string, samId: number): void {
    for (const entry of box.outbox.list('pending')) {
      const answer = entry.destination === 'sam' ? { outage_id: samId } : { outage_id: 7, outage_key: key };
      box.outbox.delivered(entry, attemptAt(later), JSON.stringify({ success: true, ...answer }));
    }
    syncOutages(box.outbox);
  }

  test('a report is an entry for each, at one time, and the answers of each are its own', () => {
    using box = opened();
    const { outage_key } = reportOutage(box.outbox, 'derecho', said, now, both);
    const entries = box.outbox.list('pending');
    expect(entries.map(({ stream, destination }) => [stream, destination])).toEqual([
      ['sam/outage', 'sam'],
      ['ours/outage', 'ours'],
    ]);
    expect(new Set(entries.map(({ collectedAt }) => collectedAt.getTime())).size).toBe(1);
    answerAll(box, outage_key, 41);
    updateOutage(box.outbox, outage_key, { severity: 'major' }, later, both);
    answerAll(box, outage_key, 42);
    const known = findOutage(box.outbox, outage_key);
    expect(known.answers).toEqual([
      { destination: 'ours', ids: [7], isOneRow: true },
      { destination: 'sam', ids: [41, 42], isOneRow: false },
    ]);
    expect(consequence(known).split('\n')).toEqual([
      'ours: It changes the row with outage_id 7',
      expect.stringMatching(/^sam: It changes the row with outage_id 41; the staff .* outage_id 42$/),
    ]);
  });

  test('it is delivered if all destinations have it', () => {
    using box = opened();
    const { outage_key } = reportOutage(box.outbox, 'derecho', said, now, both);
    const [first] = box.outbox.list('pending');
    if (!first) throw new Error('nothing is stored');
    box.outbox.delivered(first, attemptAt(later), '{}');
    expect(deliveryOf(box.outbox, findOutage(box.outbox, outage_key))).toBe('pending');
    answerAll(box, outage_key, 41);
    expect(deliveryOf(box.outbox, findOutage(box.outbox, outage_key))).toBe('delivered');
  });
});
