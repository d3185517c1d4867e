import { Database } from 'bun:sqlite';
import { describe, expect, test } from 'bun:test';
import { OperatorError } from '../../../src/lib/errors.ts';
import { readPragma } from '../../../src/lib/sqlite.ts';
import { Metadata } from '../../../src/outbox/metadata.ts';
import {
  checkForDamage,
  DamageError,
  isDamage,
  isReadFault,
  isReplaced,
  refuseForeign,
} from '../../../src/outbox/recovery/damage.ts';
import { coded, errorOf } from './errors.ts';

describe('an error with code', () => {
  test.each<[string, 'damage' | 'read fault' | 'replaced' | 'none']>([
    ['SQLITE_NOTADB', 'damage'],
    ['SQLITE_CORRUPT', 'damage'],
    ['SQLITE_CORRUPT_INDEX', 'damage'],
    ['NO_SQLITE_CORRUPT', 'none'],
    ['SQLITE_IOERR_READ', 'read fault'],
    ['SQLITE_IOERR_SHORT_READ', 'read fault'],
    ['SQLITE_IOERR_CORRUPTFS', 'read fault'],
    ['SQLITE_IOERR_FSTAT', 'read fault'],
    ['EIO', 'read fault'],
    ['ESTALE', 'read fault'],
    ['SQLITE_IOERR_WRITE', 'none'],
    ['SQLITE_FULL', 'none'],
    ['SQLITE_READONLY_DBMOVED', 'replaced'],
    ['SQLITE_READONLY', 'none'],
    ['', 'none'],
  ])('%s is of kind %s, as itself and as a cause', (code, kind) => {
    const error = coded(code);
    for (const one of [
      error,
      new Error('a', { cause: error }),
      new Error('a', { cause: new Error('b', { cause: error }) }),
    ])
      expect([isDamage(one), isReadFault(one), isReplaced(one)]).toEqual([
        kind === 'damage',
        kind === 'read fault',
        kind === 'replaced',
      ]);
  });
});

test('a damage error is damage; other errors, even in a loop of causes, and other values are not', () => {
  const error = new DamageError('its tables are missing');
  expect([error.name, isDamage(error), isDamage(new Error('a', { cause: error }))]).toEqual([
    'DamageError',
    true,
    true,
  ]);
  const loop = new Error('a');
  loop.cause = new Error('b', { cause: loop });
  for (const value of [loop, new Error('a'), 'SQLITE_CORRUPT', { code: 'SQLITE_CORRUPT' }, null])
    expect([isDamage(value), isReadFault(value), isReplaced(value)]).toEqual([false, false, false]);
});

describe('a database with', () => {
  test.each<[string, readonly string[], number, number, 'ours' | 'lost' | 'foreign']>([
    ['nothing is a new outbox', [], 0, 0, 'ours'],
    ['the table of entries is an outbox', ['entries', 'bodies'], 3, 0, 'ours'],
    ['a version, but no tables is damaged', [], 1, 0, 'lost'],
    ['a version, but only bodies is damaged', ['bodies'], 1, 0, 'lost'],
    ['a version, but only attempts is damaged', ['books', 'attempts'], 1, 0, 'lost'],
    ["tables, but no version is another program's", ['entries'], 0, 0, 'foreign'],
    ["a version and other tables is another program's", ['books'], 1, 0, 'foreign'],
    ["the mark of a program is another program's", ['entries'], 1, 7, 'foreign'],
    ["the mark of a program, but no tables is another program's", [], 0, 1, 'foreign'],
  ])('%s', (_, tables, version, mark, kind) => {
    const database = new Database(':memory:');
    for (const name of tables) database.run(`CREATE TABLE ${name} (x)`);
    // An index is not a table.
    if (tables.length > 0) database.run(`CREATE INDEX bodies_index ON ${tables[0]} (x)`);
    database.run(`PRAGMA user_version = ${version}`);
    database.run(`PRAGMA application_id = ${mark}`);
    const error = errorOf(() => refuseForeign(database, '/x/books.db'));
    if (kind === 'ours') expect(error).toBeNull();
    if (kind === 'lost') expect(error).toEqual(new DamageError('its tables are missing'));
    if (kind === 'foreign')
      expect(error).toEqual(
        new OperatorError(
          "/x/books.db is another program's database, not an outbox: correct --outbox, or move the file away",
        ),
      );
    database.close();
  });
});

/** A database in memory whose check and whose writes have results of the test's own. */
class FakeDatabase extends Database {
  finding: string | null = null;
  writeError: Error | null = null;

  constructor(pages: number) {
    super(':memory:');
    this.run('CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT)');
    this.run('CREATE TABLE filler (bytes BLOB)');
    const missing = pages - Number(readPragma(this, 'page_count'));
    // Four bytes of each page lead to the next one.
    this.run(`INSERT INTO filler VALUES (zeroblob(${missing * 4092}))`);
  }

  override query: Database['query'] = (sql: string) => {
    if (this.writeError && sql.startsWith('INSERT')) throw this.writeError;
    return super.query(this.finding !== null && sql === 'PRAGMA quick_check(1)' ? `SELECT '${this.finding}'` : sql);
  };
}

describe('a check', () => {
  const now = new Date('2026-11-21T12:00:00Z');

  test.each([
    [
      '*** in database main ***\nTree 5 page 5 cell 0:\n  invalid page number 7 ',
      'Tree 5 page 5 cell 0: invalid page number 7',
    ],
    ['row 1 missing from index x', 'row 1 missing from index x'],
    [
      '*** in database main ***\nPage 9: unable to get the page. error code=11',
      'Page 9: unable to get the page. error code=11',
    ],
    ['Page 9: unable to get the page. error code=267', 'Page 9: unable to get the page. error code=267'],
    ['Page 9: error code=266', 'Page 9: error code=266'],
  ])('reports damage in one line: %j', (finding, words) => {
    const database = new FakeDatabase(8);
    database.finding = finding;
    const error = errorOf(() => checkForDamage(database, now));
    expect(error).toEqual(new DamageError(words));
    database.close();
  });

  test.each([10, 266, 522])('reports a failed read as such: code %d', (code) => {
    const database = new FakeDatabase(8);
    database.finding = `*** in database main ***\nPage 9: unable to get the page. error code=${code}`;
    const error = errorOf(() => checkForDamage(database, now));
    expect(error?.message).toBe(`Page 9: unable to get the page. error code=${code}`);
    expect([isReadFault(error), isDamage(error)]).toEqual([true, false]);
    database.close();
  });

  test('is made each time of a file up to 32 MiB', () => {
    const database = new FakeDatabase(8192);
    expect(readPragma(database, 'page_count')).toBe(8192);
    checkForDamage(database, now);
    expect(new Metadata(database).read('checked')).toBeNull();
    new Metadata(database).write('checked', now.toISOString());
    database.finding = 'broken';
    expect(errorOf(() => checkForDamage(database, now))).toEqual(new DamageError('broken'));
    database.close();
  });

  test('is made once a day of a larger file', () => {
    const database = new FakeDatabase(8193);
    expect(readPragma(database, 'page_count')).toBe(8193);
    checkForDamage(database, now);
    expect(new Metadata(database).read('checked')).toBe('2026-11-21T12:00:00.000Z');
    database.finding = 'broken';
    // A clock that went back is no reason not to check.
    const isChecked = [-1, 0, 1, 86_399_999, 86_400_000, 100_000_000].filter(
      (later) => errorOf(() => checkForDamage(database, new Date(now.getTime() + later))) !== null,
    );
    expect(isChecked).toEqual([-1, 86_400_000, 100_000_000]);
    new Metadata(database).write('checked', 'yesterday');
    expect(errorOf(() => checkForDamage(database, now))).toEqual(new DamageError('broken'));
    database.close();
  });

  test('of a larger file succeeds if its time cannot be stored, unless that shows damage', () => {
    const database = new FakeDatabase(8193);
    database.writeError = coded('SQLITE_FULL');
    expect(() => checkForDamage(database, now)).not.toThrow();
    database.writeError = coded('SQLITE_CORRUPT_INDEX');
    expect(() => checkForDamage(database, now)).toThrow(database.writeError);
    database.close();
  });
});
