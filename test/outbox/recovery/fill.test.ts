import { afterEach, beforeEach, expect, test } from 'bun:test';
import { entryStates } from '../../../src/outbox/entry.ts';
import { latestEntries, newestDelivered } from '../../../src/outbox/latest.ts';
import type { Carved, Carving } from '../../../src/outbox/recovery/carve.ts';
import { carve } from '../../../src/outbox/recovery/carve.ts';
import { fill } from '../../../src/outbox/recovery/fill.ts';
import { addEntry } from '../../support/add-entry.ts';
import { contents } from '../../support/damaged-outbox.ts';
import { newOutbox, put, type TestOutbox } from '../queue.ts';
import { carvedEntry } from './carved.ts';

let box: TestOutbox;
beforeEach(() => {
  box = newOutbox();
});
afterEach(() => box.remove());

const at = (minute: number) => Date.UTC(2026, 2, 1, 10, minute);

function carvingOf(all: readonly Carved[]): Carving {
  return {
    ...{ metadata: new Map(), dropped: [], strayBodies: 0, isOfOutbox: true },
    readFault: () => null,
    *entries() {
      yield* all;
    },
    close: () => undefined,
  };
}

test.each([499, 500, 501, 1203])('%d entries are recovered, each once and in order', (count) => {
  const all = Array.from({ length: count }, (_, index) => carvedEntry(index + 1));
  const found = fill(box.outbox.database, carvingOf(all), 'as it was');
  expect(found).toEqual({ recovered: count, present: 0, withoutBody: [] });
  expect(box.outbox.list('all').map(({ id }) => id)).toEqual(all.map(({ row }) => row.id));
  expect(contents(box.outbox).map(({ body }) => body)).toEqual(all.map((_, index) => `{"n":${index + 1}}`));
});

/** How many entries are stored when each of these is asked for: entries with bodies of so many bytes. */
function storedBefore(sizes: readonly number[]): number[] {
  const stored: number[] = [];
  const { database } = box.outbox;
  const count = database.query<{ n: number }, []>('SELECT count(*) AS n FROM entries');
  const carving: Carving = {
    ...carvingOf([]),
    *entries() {
      for (const [index, bytes] of sizes.entries()) {
        stored.push(count.get()?.n ?? 0);
        yield { ...carvedEntry(index + 1), gzip: new Uint8Array(bytes) };
      }
    },
  };
  fill(database, carving, 'as it was');
  return [...stored, count.get()?.n ?? 0];
}

test('a transaction stores 500 entries', () => {
  const stored = storedBefore(Array<number>(1001).fill(0));
  expect([499, 500, 999, 1000, 1001].map((index) => stored[index])).toEqual([0, 500, 500, 1000, 1001]);
});

test('a transaction stores fewer entries if their bodies have 8 MiB', () => {
  const half = 4 * 1024 * 1024;
  expect(storedBefore([half, half - 1, 1, half, half, 1])).toEqual([0, 0, 0, 3, 3, 5, 6]);
});

test('an entry whose size needs four bytes is carved out of a file and recovered', () => {
  const source = newOutbox();
  // In SQLite's format, integers from 2^23 on have four bytes.
  const sizes = [2 ** 23 - 1, 2 ** 23];
  for (const [index, bytes] of sizes.entries())
    addEntry(source.outbox, {
      ...({ stream: 'sam/casper', destination: 'sam', method: 'POST', path: '/x', failedProbes: [] } as const),
      ...{ body: `"${'x'.repeat(bytes - 2)}"`, collectedAt: new Date(at(index)), rejectedBecause: null },
    });
  const expected = source.outbox.list('all');
  source.outbox.close();
  const carving = carve(source.file);
  expect(fill(box.outbox.database, carving, 'as it was')).toMatchObject({ recovered: 2, withoutBody: [] });
  carving.close();
  expect(box.outbox.list('all')).toEqual(expected);
  expect(box.outbox.list('all').map(({ bodyBytes }) => bodyBytes)).toEqual(sizes);
  source.remove();
});

test('all values of an entry are recovered, in every state, with its number', () => {
  const all = entryStates.map((state, index) =>
    carvedEntry(3 * index + 2, {
      ...{ state, attempts: 1, failed_drains: 2, first_sent_at: at(3), next_attempt_at: at(4), last_status: 500 },
      ...{ last_error: 'e', delivered_at: state === 'delivered' ? at(5) : null, answer: '{"a":1}' },
      failed_probes: '["jobs"]',
    }),
  );
  fill(box.outbox.database, carvingOf(all), 'as it was');
  const rows = box.outbox.database.query('SELECT * FROM entries ORDER BY sequence').all();
  expect(rows).toMatchObject(all.map(({ row }) => ({ ...row })));
});

test('a delivered entry without a time was delivered when it was collected; a pending one has none', () => {
  const all = [
    carvedEntry(1, { state: 'delivered' }),
    carvedEntry(2),
    carvedEntry(3, { state: 'delivered', delivered_at: at(9) }),
  ];
  fill(box.outbox.database, carvingOf(all), 'as it was');
  expect(box.outbox.list('all').map(({ deliveredAt }) => deliveredAt?.getTime() ?? null)).toEqual([
    at(0) + 1,
    null,
    at(9),
  ]);
});

test('the newest delivered time of each stream is that of its entries, and never goes back', () => {
  const delivered = (sequence: number, stream: string, collected_at: number) =>
    carvedEntry(sequence, { stream, collected_at, state: 'delivered', delivered_at: collected_at });
  const future = Date.now() + 2 * 86_400_000;
  const all = [
    delivered(1, 'sam/casper', at(1)),
    delivered(2, 'sam/casper', at(2)),
    delivered(3, 'sam/derecho', at(3)),
    delivered(4, 'sam/derecho', future),
    carvedEntry(5, { stream: 'sam/derecho', collected_at: at(7) }),
  ];
  fill(box.outbox.database, carvingOf(all), 'as it was');
  const newest = () => [...newestDelivered(box.outbox)].map(([stream, time]) => [stream, time.getTime()]).sort();
  expect(newest()).toEqual([
    ['sam/casper', at(2)],
    ['sam/derecho', at(3)],
  ]);
  fill(box.outbox.database, carvingOf([delivered(6, 'sam/casper', at(0))]), 'as it was');
  fill(box.outbox.database, carvingOf([delivered(7, 'sam/derecho', at(8))]), 'as it was');
  expect(newest()).toEqual([
    ['sam/casper', at(2)],
    ['sam/derecho', at(8)],
  ]);
});

test('a delivered time up to a day in the future counts, as of a wrong clock', () => {
  const ahead = Date.now() + 86_000_000;
  const row = { state: 'delivered', collected_at: ahead, delivered_at: ahead } as const;
  fill(box.outbox.database, carvingOf([carvedEntry(1, row)]), 'as it was');
  expect([...newestDelivered(box.outbox).values()]).toEqual([new Date(ahead)]);
});

test('present entries are not changed; new ones follow them if they are renumbered', () => {
  const present = put(box.outbox, { body: '{"present":1}' });
  const same = carvedEntry(1, { id: present.id });
  const lost: Carved = { ...carvedEntry(2), gzip: null };
  const added = carvedEntry(1);
  const found = fill(box.outbox.database, carvingOf([same, lost, added]), 'anew');
  expect(found).toEqual({ recovered: 1, present: 1, withoutBody: [lost.row] });
  expect(contents(box.outbox).map(({ id, sequence, body }) => [id, sequence, body])).toEqual([
    [present.id, present.sequence, '{"present":1}'],
    [added.row.id, expect.any(Number), '{"n":1}'],
  ]);
  expect(latestEntries(box.outbox, 'sam/casper', new Date(at(59)), 5)).toHaveLength(2);
});
