import { afterEach, beforeEach, expect, test } from 'bun:test';
import { countDropped, drop, listDropped, rememberOmissions } from '../../src/outbox/drop.ts';
import { newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const now = new Date('2026-01-10T00:00Z');
const reasonsOf = (stream: string) =>
  listDropped(here.outbox, -1)
    .filter((row) => row.stream === stream)
    .map(({ reason }) => reason)
    .reverse();

test('a record that is left out again is not stored again, but one of another stream is', () => {
  const { database } = here.outbox;
  const [farm, meadow] = ['ingest/farm', 'ingest/meadow'].map((stream) => put(here.outbox, { stream }));
  if (!farm || !meadow) throw new Error('there are two');
  rememberOmissions(database, farm, ['job 1', 'job 2', 'job 2'], now);
  rememberOmissions(database, farm, ['job 2', 'job 3'], now);
  rememberOmissions(database, meadow, ['job 1'], now);
  expect(reasonsOf('ingest/farm')).toEqual(['job 1', 'job 2', 'job 3']);
  expect(reasonsOf('ingest/meadow')).toEqual(['job 1']);
  expect(countDropped(database)).toBe(4);
  expect(new Set(listDropped(here.outbox, -1).map(({ id }) => id)).size).toBe(4);
});

test('each stream keeps its newest rows: many records that are left out displace no dropped snapshot', () => {
  const { database } = here.outbox;
  drop(database, [put(here.outbox)], 'by hand', now);
  const jobs = Array.from({ length: 10_003 }, (_, number) => `job ${number}`);
  rememberOmissions(database, put(here.outbox, { stream: 'ingest/farm' }), jobs, now);
  drop(database, [put(here.outbox)], 'by hand, later', now);
  expect(reasonsOf('sam/casper')).toEqual(['by hand', 'by hand, later']);
  const kept = reasonsOf('ingest/farm');
  expect(kept).toHaveLength(10_000);
  expect(kept[0]).toBe('job 3');
});
