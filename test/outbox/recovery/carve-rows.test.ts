/** Which rows of a damaged file count, if it has several of an entry. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { entryStates } from '../../../src/outbox/entry.ts';
import { type Carved, type Carving, carve } from '../../../src/outbox/recovery/carve.ts';
import { entryColumns } from '../../../src/outbox/recovery/rows.ts';
import { quickDirectory } from '../../support/files.ts';
import { carvedEntry, flipped } from './carved.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
});
afterEach(() => directory.remove());

const columns = ['sequence INTEGER PRIMARY KEY', ...entryColumns.slice(1)];
const droppedColumns = ['sequence INTEGER PRIMARY KEY', 'id', 'stream', 'collected_at', 'dropped_at', 'reason'];

/** The file, with rows that the constraints of an outbox refuse: a damaged file can have them. */
class Tables {
  readonly #database = new Database(file);
  #count = 0;

  /** Makes a table, whose pages follow those of all tables before. */
  table(
    columns: readonly string[],
    rows: readonly (readonly (string | number | null | Uint8Array<ArrayBuffer>)[])[],
  ): this {
    this.#count += 1;
    const name = `table${this.#count}`;
    this.#database.run(`CREATE TABLE ${name} (${columns.join(', ')})`);
    const insert = this.#database.query(`INSERT INTO ${name} VALUES (${columns.map(() => '?').join(', ')})`);
    for (const row of rows) insert.run(...row);
    return this;
  }

  entries(...rows: readonly Carved['row'][]): this {
    return this.table(
      columns,
      rows.map((row) => entryColumns.map((name) => row[name])),
    );
  }

  bodies(...rows: readonly (readonly [entry: number, gzip: Uint8Array<ArrayBuffer>])[]): this {
    return this.table(['entry INTEGER PRIMARY KEY', 'gzip'], rows);
  }

  meta(...rows: readonly (readonly [key: string, value: string | number | Uint8Array<ArrayBuffer>])[]): this {
    return this.table(['key', 'value'], rows);
  }

  dropped(...rows: readonly (readonly [id: string, droppedAt: number])[]): this {
    return this.table(
      droppedColumns,
      rows.map(([id, droppedAt], index) => [index + 1, id, 'sam/casper', droppedAt - 1000, droppedAt, 'no room']),
    );
  }

  /** Deletes all tables. Their pages become free, most with their rows. */
  drop(): this {
    for (let number = 1; number <= this.#count; number++) this.#database.run(`DROP TABLE table${number}`);
    return this;
  }

  /** What is found in the file. */
  found(): ReturnType<typeof carved> {
    this.#database.close();
    return carved();
  }
}

/** What is found in the file as it is. */
function carved(): Omit<Carving, 'entries'> & { entries: Carved[] } {
  const carving = carve(file);
  try {
    return { ...carving, entries: [...carving.entries()] };
  } finally {
    carving.close();
  }
}

const at = Date.UTC(2026, 2, 1);

describe('of several rows of an entry', () => {
  const { row, gzip } = carvedEntry(1);
  const both = [
    [1, gzip],
    [2, gzip],
  ] as const;

  test.each(['delivered', 'rejected', 'held', 'pending'] as const)('the one that got furthest counts: %s', (state) => {
    const order = ['delivered', 'rejected', 'held', 'pending'];
    for (const other of entryStates.filter((name) => order.indexOf(name) > order.indexOf(state)))
      for (const states of [
        [state, other],
        [other, state],
      ]) {
        file = join(directory.path, states.join());
        const rows = states.map((each, index) => ({ ...row, sequence: index + 1, state: each }) as Carved['row']);
        const { entries, strayBodies } = new Tables()
          .entries(...rows)
          .bodies(...both)
          .found();
        expect([states, entries.map((entry) => entry.row.state), strayBodies]).toEqual([states, [state], 0]);
      }
  });

  test.each([[[1, 2]], [[2, 1]]])('in one state, the one with more attempts counts, of %j', (attempts) => {
    const rows = attempts.map((number, index) => ({ ...row, sequence: index + 1, attempts: number }));
    const { entries } = new Tables()
      .entries(...rows)
      .bodies(...both)
      .found();
    expect(entries).toEqual([{ row: { ...row, sequence: attempts.indexOf(2) + 1, attempts: 2 }, gzip }]);
  });

  const delivered: Carved['row'] = { ...row, sequence: 2, state: 'delivered' };
  const beyondRepair = flipped(gzip, [90, 120]);

  test.each<[string, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, Carved]>([
    ['an older one counts if it alone has an intact body', gzip, flipped(gzip, [90]), { row, gzip }],
    ['an older one counts if its body alone can be repaired', flipped(gzip, [90]), beyondRepair, { row, gzip }],
    [
      'the one that got furthest counts if the bodies of both can be repaired',
      flipped(gzip, [90]),
      flipped(gzip, [95]),
      { row: delivered, gzip },
    ],
    [
      'the one that got furthest counts if no body can be repaired',
      beyondRepair,
      beyondRepair,
      { row: delivered, gzip: null },
    ],
  ])('%s', (_, older, newer, expected) => {
    const { entries } = new Tables().entries(row, delivered).bodies([1, older], [2, newer]).found();
    expect(entries).toEqual([expected]);
  });
});

test('rows on free pages are deleted ones, and do not count', () => {
  const tables = new Tables();
  for (let sequence = 1; sequence <= 4; sequence++) {
    const { row, gzip } = carvedEntry(sequence);
    tables.entries(row).bodies([sequence + 10, gzip]);
  }
  expect(tables.drop().found()).toMatchObject({ entries: [], strayBodies: 0 });
});

test('of several bodies of an entry, the intact one counts', () => {
  const { row, gzip } = carvedEntry(1);
  const another = carvedEntry(1, {}, '{"n":9}').gzip;
  const { entries, strayBodies } = new Tables().entries(row).bodies([1, another]).bodies([1, gzip]).found();
  expect(entries).toEqual([{ row, gzip }]);
  expect(strayBodies).toBe(0);
});

test('an empty body is intact', () => {
  const { row, gzip } = carvedEntry(1, {}, '');
  expect(new Tables().entries(row).bodies([1, gzip]).found().entries).toEqual([{ row, gzip }]);
});

test('entries and records of drops are in order, on any pages', () => {
  const rows = [3, 1, 2].map((sequence) => carvedEntry(sequence).row);
  const ids = Array.from({ length: 3 }, () => Bun.randomUUIDv7());
  const tables = new Tables();
  for (const row of rows) tables.entries(row);
  const { entries, dropped } = tables.dropped(...ids.map((id, index) => [id, at + ((index + 2) % 3)] as const)).found();
  expect(entries.map(({ row }) => row.sequence)).toEqual([1, 2, 3]);
  expect(dropped.map(({ id }) => id)).toEqual([...ids.slice(1), ...ids.slice(0, 1)]);
});

test('the body of a dropped entry is not one without an entry', () => {
  const { row, gzip } = carvedEntry(1);
  const { entries, strayBodies } = new Tables().entries(row).bodies([1, gzip], [2, gzip]).dropped([row.id, at]).found();
  expect([entries, strayBodies]).toEqual([[], 1]);
});

test('metadata with two values is left out, because the newer one is unknown', () => {
  const { metadata } = new Tables()
    .meta(['host', 'login1'], ['clock', '[1]'])
    .meta(['host', 'login2'], ['clock', '[1]'])
    .found();
  expect([...metadata]).toEqual([['clock', '[1]']]);
});

test('an entry is recovered without a value that became bytes, as one wrong bit can make of a text', () => {
  const { row, gzip } = carvedEntry(1, { answer: '{}', last_error: 'HTTP 503' });
  const values = entryColumns.map((name) => (name === 'answer' ? new Uint8Array(2) : row[name]));
  const { entries } = new Tables().table(columns, [values]).bodies([1, gzip]).found();
  expect(entries).toEqual([{ row: { ...row, answer: null }, gzip }]);
});

test('only a row of a number and bytes is a body', () => {
  const bytes = new Uint8Array(3);
  const tables = new Tables()
    .table(['key', 'value'], [['clock', bytes]])
    .table(['entry INTEGER PRIMARY KEY', 'gzip', 'more'], [[1, bytes, bytes]])
    .table(
      ['entry INTEGER PRIMARY KEY', 'gzip'],
      [
        [2, 'abc'],
        [3, 7],
        [4, null],
      ],
    )
    .table(['gzip'], [[bytes]]);
  expect(tables.found()).toMatchObject({ strayBodies: 0, entries: [], dropped: [] });
});

test('an empty one is a body too', () => {
  expect(new Tables().bodies([1, new Uint8Array()], [2, new Uint8Array(1)]).found().strayBodies).toBe(2);
});

describe('a file is that of an outbox', () => {
  /** Destroys the beginning, by which a database is known. */
  function spoil(): void {
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, 'x', 0);
    closeSync(descriptor);
  }

  test.each<[string, boolean, (tables: Tables) => Tables]>([
    ['if it has an entry', true, (tables) => tables.entries(carvedEntry(1).row)],
    ['if it has metadata', true, (tables) => tables.meta(['clock', '[1]'])],
    ['if it has a record of a drop', true, (tables) => tables.dropped([Bun.randomUUIDv7(), at])],
    ['not if it has only other rows', false, (tables) => tables.table(['title'], [['Moby-Dick']])],
  ])('%s, whatever its beginning is', (_, isOfOutbox, fill) => {
    expect(fill(new Tables()).found().isOfOutbox).toBe(true);
    spoil();
    expect(carved().isOfOutbox).toBe(isOfOutbox);
  });
});
