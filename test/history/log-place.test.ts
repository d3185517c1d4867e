import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type LogPlace, readLogProgress, writeLogProgress } from '../../src/history/log-place.ts';
import { newLogState } from '../../src/pbs/open-runs.ts';
import { newOutbox, type TestOutbox } from '../outbox/queue.ts';
import { readLog } from '../support/pbs-log.ts';
import { logRecord } from '../support/pbs-records.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const { state } = await readLog([logRecord({ type: 'Q' }) + logRecord({ type: 'S', id: '2.pbs' })]);
const placeIn = (name: string): LogPlace => ({ name, offset: 7, lines: 3, head: { bytes: 7, hash: 'ab' }, state });
const since = new Date('2026-11-01T00:00:00Z');
const until = new Date('2026-11-02T00:00:00Z');

test('each cluster has its own place in its log, with the open jobs', () => {
  const { outbox } = here;
  const farm = { next: placeIn('20261120'), backfill: { since, until, place: placeIn('20261101') } };
  const orchard = { next: null, backfill: { since, until: null, place: { ...placeIn('a'), state: newLogState() } } };
  writeLogProgress(outbox, 'farm', farm);
  writeLogProgress(outbox, 'orchard', orchard);
  expect(state.open.size).toBe(2);
  expect([readLogProgress(outbox, 'farm'), readLogProgress(outbox, 'orchard')]).toEqual([farm, orchard]);
  expect(outbox.metadata.read('accounting-log/farm')).toContain('"20261120"');
  writeLogProgress(outbox, 'farm', { next: null, backfill: null });
  expect(readLogProgress(outbox, 'farm')).toEqual({ next: null, backfill: null });
});

test('an unreadable place counts as none', () => {
  expect(readLogProgress(here.outbox, 'farm')).toEqual({ next: null, backfill: null });
  for (const place of [{ offset: -1 }, { lines: 1.5 }, { head: { bytes: 1 } }, { name: 7 }]) {
    const next = { ...placeIn('20261120'), state: { open: {}, zone: null, clock: 0 }, ...place };
    here.outbox.metadata.write('accounting-log/farm', JSON.stringify({ next, backfill: null }));
    expect(readLogProgress(here.outbox, 'farm').next).toBeNull();
  }
});
