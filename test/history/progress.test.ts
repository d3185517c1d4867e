import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type Progress, readProgress, writeProgress } from '../../src/history/progress.ts';
import { readFact, writeFact } from '../../src/outbox/metadata.ts';
import { factOf } from '../../src/outbox/recovery/rows.ts';
import { newOutbox, type TestOutbox } from '../outbox/queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const at = (day: number) => new Date(Date.UTC(2026, 10, day));
const none: Progress = { readUntil: null, backfill: null };

test('each cluster has its own', () => {
  const { database } = here.outbox;
  expect(readProgress(database, 'farm')).toEqual(none);
  const farm = { readUntil: at(20), backfill: { since: at(1), until: null, done: at(5) } };
  const orchard = { readUntil: null, backfill: { since: at(1), until: at(9), done: at(2) } };
  writeProgress(database, 'farm', farm);
  writeProgress(database, 'orchard', orchard);
  expect([readProgress(database, 'farm'), readProgress(database, 'orchard')]).toEqual([farm, orchard]);
});

test('what cannot be read is none, and the next one is written all the same', () => {
  const { database } = here.outbox;
  for (const text of ['', '[]', '{"farm":{"readUntil":"soon","backfill":null}}']) {
    writeFact(database, 'history', text);
    expect(readProgress(database, 'farm')).toEqual(none);
  }
  writeProgress(database, 'farm', { ...none, readUntil: at(3) });
  expect(readProgress(database, 'farm').readUntil).toEqual(at(3));
});

test('it outlives a damaged outbox', () => {
  const { database } = here.outbox;
  writeProgress(database, 'farm', { ...none, readUntil: at(3) });
  const text = readFact(database, 'history');
  expect(factOf(['history', text])).toEqual(['history', text ?? '']);
});
