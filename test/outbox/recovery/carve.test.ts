import { Database } from 'bun:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { Outbox } from '../../../src/outbox/outbox.ts';
import { BitRepair } from '../../../src/outbox/recovery/bit-repair.ts';
import { type Carved, type Carving, carve } from '../../../src/outbox/recovery/carve.ts';
import { cellsOf, headerOf } from '../../../src/outbox/recovery/record.ts';
import { entryColumns } from '../../../src/outbox/recovery/rows.ts';
import { contentsOf, fillOutbox, pageSize } from '../../support/damaged-outbox.ts';
import { temporaryDirectory } from '../../support/files.ts';

const count = 80;
const directory = temporaryDirectory();
const original = join(directory.path, 'original.db');
const file = join(directory.path, 'outbox.db');
beforeAll(() => fillOutbox(original, count));
beforeEach(() => copyFileSync(original, file));
afterAll(() => directory.remove());

/** Carves a file to its end. */
function carved(path: string, repair?: BitRepair): Omit<Carving, 'entries'> & { entries: Carved[] } {
  const carving = carve(path, repair);
  try {
    return { ...carving, entries: [...carving.entries()] };
  } finally {
    carving.close();
  }
}

/** Works on the file by other means than the outbox. */
function change(work: (database: Database) => void): void {
  const database = new Database(file, { readwrite: true, create: false });
  work(database);
  database.close();
}

/** The entries of the file by SQLite. */
function stored(path = file): Carved[] {
  const database = new Database(path, { readonly: true });
  const bodies = database.query<{ gzip: Uint8Array<ArrayBuffer> }, [number]>('SELECT gzip FROM bodies WHERE entry = ?');
  const rows = database
    .query<Carved['row'], []>('SELECT * FROM entries ORDER BY sequence')
    .all()
    .map((row) => ({ row, gzip: new Uint8Array(bodies.get(row.sequence)?.gzip ?? []) }));
  database.close();
  return rows;
}

function plain(entries: readonly Carved[]): unknown {
  return entries.map(({ row, gzip }) => ({ row, gzip: gzip && Buffer.from(gzip).toString('base64') }));
}

/** A page with rows of `entries`: they begin with nineteen serial types, of which the first is NULL. */
function leafOfEntries(bytes: Buffer): number {
  for (let page = 2; page <= bytes.length / pageSize; page++) {
    const leaf = bytes.subarray((page - 1) * pageSize, page * pageSize);
    for (const cell of cellsOf(leaf, page, pageSize))
      if (headerOf(cell)?.types.length === entryColumns.length) return page;
  }
  throw new Error('there is none');
}

describe('an undamaged file', () => {
  test('gives exactly its entries, its metadata but for `checked`, and the record of dropped entries', () => {
    change((database) => {
      database.run(`INSERT INTO meta VALUES ('host', 'login1'), ('checked', 'x'), ('clock', '[1,2]'),
        ('maintenance', '[]'), ('history', '{"farm')`);
      database.run(`INSERT INTO dropped (id, stream, collected_at, dropped_at, reason) VALUES ('${Bun.randomUUIDv7()}',
        'sam/derecho', ${Date.now()}, ${Date.now()}, 'no room')`);
    });
    const found = carved(file);
    expect(found.entries).toHaveLength(count);
    expect(plain(found.entries)).toEqual(plain(stored()));
    expect(found.strayBodies).toBe(0);
    expect([...found.metadata]).toEqual([
      ['host', 'login1'],
      ['clock', '[1,2]'],
      ['maintenance', '[]'],
    ]);
    expect(found.dropped).toMatchObject([{ stream: 'sam/derecho', reason: 'no room' }]);
  });

  test.each([512, 1024, 8192, 65_536])('does so with pages of %d bytes', (size) => {
    change((database) => {
      database.run(`PRAGMA page_size = ${size}`);
      database.run('VACUUM');
    });
    expect(plain(carved(file).entries)).toEqual(plain(stored()));
  });

  test('does so where an entry itself spans pages', () => {
    change((database) => {
      database.run(`UPDATE entries SET answer = ?, last_error = 'ü' WHERE sequence % 3 = 0`, ['ä'.repeat(30_000)]);
    });
    expect(plain(carved(file).entries)).toEqual(plain(stored()));
  });

  test('does so where rows have columns that were added later, and where they lack them', () => {
    const before = plain(stored());
    change((database) => {
      database.run('ALTER TABLE entries ADD COLUMN added INTEGER');
      database.run('UPDATE entries SET added = 7 WHERE sequence % 2 = 0');
    });
    expect(plain(carved(file).entries)).toEqual(before);
  });

  test('has the columns that are known here', () => {
    const outbox = new Outbox(file);
    const columns = outbox.database.query<{ name: string }, []>('PRAGMA table_info(entries)').all();
    outbox.close();
    expect(columns.map(({ name }) => name)).toEqual([...entryColumns]);
  });
});

describe('remains of older states', () => {
  test('deleted entries stay deleted', () => {
    change((database) => database.run('DELETE FROM bodies WHERE entry > 10'));
    change((database) => database.run('DELETE FROM entries WHERE sequence > 10'));
    expect(plain(carved(file).entries)).toEqual(plain(stored()));
    expect(carved(file).entries).toHaveLength(10);
    expect(carved(file).strayBodies).toBe(0);
  });

  test('a list of free pages that names used pages is ignored', () => {
    change((database) => database.run('DELETE FROM bodies WHERE entry > 60'));
    const bytes = readFileSync(file);
    const trunk = (bytes.readUInt32BE(32) - 1) * pageSize;
    const inUse = leafOfEntries(bytes);
    // Behind the last of the list, which is longer then than the header says.
    bytes.writeUInt32BE(bytes.readUInt32BE(trunk + 4) + 1, trunk + 4);
    bytes.writeUInt32BE(inUse, trunk + 4 + 4 * bytes.readUInt32BE(trunk + 4));
    writeFileSync(file, bytes);
    expect(plain(carved(file).entries.slice(0, 60))).toEqual(plain(stored(original).slice(0, 60)));
  });

  test('an entry with a record of its drop is not recovered', () => {
    const [first, second] = stored();
    change((database) =>
      database.run(`INSERT INTO dropped (id, stream, collected_at, dropped_at, reason)
        VALUES ('${first?.row.id}', 'sam/derecho', ${Date.now()}, ${Date.now()}, 'by a person')`),
    );
    expect(carved(file).entries[0]?.row.id).toBe(second?.row.id ?? '');
  });

  test('of several states of an entry the most advanced counts, on any page', () => {
    const old = readFileSync(file);
    change((database) =>
      database.run(`UPDATE entries SET state = 'delivered', attempts = attempts + 1, delivered_at = 1795000000000`),
    );
    const now = plain(stored());
    const current = readFileSync(file);
    // All pages of the older file behind those of the newer, and the other way round.
    for (const both of [Buffer.concat([current, old]), Buffer.concat([old, current])]) {
      writeFileSync(file, both);
      expect(plain(carved(file).entries)).toEqual(now);
    }
  });
});

describe('a damaged file', () => {
  test('an entry whose body belongs to another entry is recovered without a body', () => {
    change((database) =>
      database.run('UPDATE bodies SET gzip = (SELECT gzip FROM bodies WHERE entry = 2) WHERE entry = 1'),
    );
    const { entries } = carved(file);
    expect(entries.map(({ gzip }) => gzip === null)).toEqual([true, ...Array<boolean>(count - 1).fill(false)]);
  });

  test('a body without its entry is counted', () => {
    change((database) => database.run('DELETE FROM entries WHERE sequence IN (3, 4)'));
    expect(carved(file)).toMatchObject({ strayBodies: 2 });
  });

  test('an impossible value that only describes an entry is left out', () => {
    change((database) => {
      database.run('PRAGMA ignore_check_constraints = ON');
      database.run(
        `UPDATE entries SET failed_probes = '[queues', last_status = -4, next_attempt_at = 17 WHERE sequence = 1`,
      );
      database.run(`UPDATE entries SET last_error = CAST(x'ff41' AS TEXT) WHERE sequence = 1`);
      database.run(`UPDATE entries SET state = 'pendinh' WHERE sequence = 2`);
    });
    const { entries, strayBodies } = carved(file);
    expect(entries[0]?.row).toMatchObject({
      failed_probes: '[]',
      last_status: null,
      next_attempt_at: null,
      last_error: null,
    });
    expect(entries[0]?.gzip).not.toBeNull();
    expect(entries[1]?.row.sequence).toBe(3);
    expect(strayBodies).toBe(1);
  });

  test('a row whose header claims more data than exist is skipped alone', () => {
    const bytes = readFileSync(file);
    const number = leafOfEntries(bytes);
    const page = bytes.subarray((number - 1) * pageSize, number * pageSize);
    const [cell] = cellsOf(page, number, pageSize);
    // After the length of the header and the types of sequence and id: that of the stream, now so long that
    // the last numbers lie behind the end.
    cell?.local.writeUInt8(127, 3);
    writeFileSync(file, bytes);
    const rest = stored(original).filter(({ row }) => row.sequence !== cell?.rowid);
    expect(plain(carved(file).entries)).toEqual(plain(rest));
  });

  test('a row whose overflow pages form a loop is not read without end', () => {
    const bytes = readFileSync(file);
    // Every page that only carries on a row leads to itself.
    for (let page = 3; page <= bytes.length / pageSize; page++) {
      const start = (page - 1) * pageSize;
      if (bytes.readUInt8(start) === 0) bytes.writeUInt32BE(page, start);
    }
    writeFileSync(file, bytes);
    expect(carved(file).entries).toHaveLength(count);
  });

  test('for any changed bytes, no recovered body differs from the stored one', () => {
    const whole = readFileSync(original);
    const bodies = new Map(contentsOf(original).map((entry) => [entry.id, entry.body]));
    const places = fc.oneof(
      // Anywhere, or among the headers and pointers at the beginning of a page.
      fc.nat(whole.length - 1),
      fc.tuple(fc.nat(whole.length / pageSize - 1), fc.nat(40)).map(([page, byte]) => page * pageSize + byte),
    );
    const flips = fc.array(fc.tuple(places, fc.nat(255)), { minLength: 1, maxLength: 300 });
    let recovered = 0;
    fc.assert(
      fc.property(flips, fc.nat(whole.length), fc.boolean(), (changes, length, isCut) => {
        const bytes = Buffer.from(whole);
        for (const [place, value] of changes) bytes[place] = value;
        writeFileSync(file, isCut ? bytes.subarray(0, length) : bytes);
        // Hundreds of bodies have more than one wrong byte: do not spend the whole time limit on each file.
        for (const { row, gzip } of carved(file, new BitRepair(20)).entries) {
          if (gzip === null) continue;
          const body = gunzipSync(gzip);
          expect(new Bun.CryptoHasher('sha256').update(body).digest('hex')).toBe(row.body_sha256);
          // Of an id that survived, the body is that of the original.
          const was = bodies.get(row.id);
          if (was !== undefined) expect(body.toString()).toBe(was);
          recovered += 1;
        }
      }),
      { numRuns: 60, seed: 20261121 },
    );
    expect(recovered).toBeGreaterThan(count);
  });

  test.each(['', 'x', 'text\n'.repeat(5000), '\x0d'.repeat(20_000)])(
    'a file that is not a database gives nothing (%#)',
    (text) => {
      writeFileSync(file, text);
      expect(carved(file)).toMatchObject({ entries: [], strayBodies: 0 });
    },
  );
});
