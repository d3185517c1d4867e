import { afterEach, beforeEach, expect, test } from 'bun:test';
import { insertEntry, sha256Of, storedBody } from '../../src/outbox/insert.ts';
import { foreignEntry } from './box.ts';
import { newEntry } from './helper.ts';
import { all, newOutbox, put, type TestOutbox } from './queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

test('entries for several destinations get one timestamp that is free at each of them', () => {
  const { outbox } = here;
  const { collectedAt } = put(outbox);
  put(outbox, { destination: 'ingest', collectedAt: new Date(collectedAt.getTime() + 1) });
  const added = outbox.addAll(collectedAt, (time) =>
    ['sam', 'ingest', 'ours'].map((destination) => newEntry({ destination, collectedAt: time })),
  );
  const time = new Date(collectedAt.getTime() + 2);
  const stored = all(outbox).slice(2);
  expect(stored.map((entry) => [entry.destination, entry.collectedAt])).toEqual([
    ['sam', time],
    ['ingest', time],
    ['ours', time],
  ]);
  expect(stored.map(({ id }) => id)).toEqual(added.map(({ id }) => id));
});

test('a body can be compressed before it is stored', () => {
  const { outbox } = here;
  const text = '{"ä":1}';
  const body = storedBody(text);
  expect([body.bytes, body.sha256]).toEqual([8, sha256Of(text)]);
  outbox.add(new Date(0), (collectedAt) => ({ ...newEntry({ collectedAt }), body }));
  expect(all(outbox).map((entry) => [outbox.body(entry), entry.bodyBytes, entry.bodySha256])).toEqual([
    [text, 8, sha256Of(text)],
  ]);
});

test('an entry is not inserted if its id exists or its timestamp is taken', () => {
  const { outbox } = here;
  const entry = foreignEntry(1, { failedProbes: ['jobs'], firstSentAt: new Date(5), rejectedBecause: 'it is bad' });
  expect(outbox.takeIn(entry)).toBe(true);
  expect(outbox.takeIn({ ...entry, collectedAt: new Date(9) })).toBe(false);
  expect(outbox.takeIn({ ...entry, id: Bun.randomUUIDv7() })).toBe(false);
  expect(insertEntry(outbox.database, { ...entry, destination: 'ours', id: 'x' }, storedBody('{}'))).toBe(true);
  expect(all(outbox)).toMatchObject([
    { id: entry.id, failedProbes: ['jobs'], firstSentAt: new Date(5), lastError: 'it is bad' },
    { id: 'x', destination: 'ours' },
  ]);
  expect(outbox.database.query('SELECT count(*) AS n FROM bodies').get()).toEqual({ n: 2 });
});
