import { Database } from 'bun:sqlite';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../../src/lib/errors.ts';
import type { Entry } from '../../../src/outbox/entry.ts';
import { drainLockFile, recoveringFile } from '../../../src/outbox/files.ts';
import { tryLock } from '../../../src/outbox/lock.ts';
import { Outbox } from '../../../src/outbox/outbox.ts';
import { HealingOutbox, openOutbox } from '../../../src/outbox/recovery/open.ts';
import { acknowledgeDamage, unacknowledgedDamage } from '../../../src/outbox/recovery/past-damage.ts';
import { recover } from '../../../src/outbox/recovery/recover.ts';
import { recoverFrom } from '../../../src/outbox/recovery/recover-from.ts';
import { identityOf } from '../../../src/outbox/recovery/set-aside.ts';
import { keepReserve } from '../../../src/outbox/reserve.ts';
import { addEntry } from '../../support/add-entry.ts';
import {
  contents,
  contentsOf,
  damages,
  fillOutbox,
  keptLog,
  overwritePages,
  pageSize,
  rootPageOf,
  seeded,
} from '../../support/damaged-outbox.ts';
import { temporaryDirectory } from '../../support/files.ts';
import { openFilesBelow } from './open-files.ts';

const count = 90;
const shared = temporaryDirectory();
const original = join(shared.path, 'original.db');
let before: (Entry & { body: string })[];
beforeAll(() => {
  fillOutbox(original, count);
  const outbox = new Outbox(original);
  outbox.metadata.write('host', 'login7');
  outbox.close();
  before = contentsOf(original);
});

let directory: ReturnType<typeof temporaryDirectory>;
let file: string;
let kept: ReturnType<typeof keptLog>;
beforeEach(() => {
  directory = temporaryDirectory();
  file = join(directory.path, 'outbox.db');
  copyFileSync(original, file);
  kept = keptLog();
});
afterEach(() => directory.remove());

const options = () => ({ host: 'login1', log: kept.log, drainLock: 'free' }) as const;
const open = () => openOutbox(file, options());
const setAsideFiles = () =>
  readdirSync(dirname(file))
    .filter((name) => name.includes('damaged'))
    .sort();

/** Makes the indexes say another state than the rows. */
function garbleIndexes(): void {
  const bytes = readFileSync(file);
  const leafOfIndex = 0x0a;
  for (let start = 0; start < bytes.length; start += pageSize) {
    if (bytes.readUInt8(start) !== leafOfIndex) continue;
    const page = bytes.subarray(start, start + pageSize);
    for (let at = page.indexOf('rejected'); at >= 0; at = page.indexOf('rejected')) page.write('rejectee', at);
  }
  writeFileSync(file, bytes);
}

const another = {
  stream: 'sam/derecho',
  destination: 'sam',
  method: 'POST',
  path: '/x',
  body: '{}',
  collectedAt: new Date('2026-11-21T12:00:00Z'),
  failedProbes: [],
  rejectedBecause: null,
} as const;

describe('opening a damaged file', () => {
  const least: Record<string, number> = {
    'cut off somewhere': 0.15,
    'five pages overwritten': 0.7,
    'the first page zeroed': 1,
    'the root page of entries zeroed': 1,
    'the root page of bodies zeroed': 1,
  };
  const cases = Object.keys(damages).flatMap((name) =>
    (name.includes('zeroed') ? [1] : [1, 2, 3]).map((seed) => [name, seed] as const),
  );

  test.each(cases)(
    '%s (%d): the file is kept, its readable entries are recovered in order, and work continues',
    (name, seed) => {
      damages[name]?.(file, seeded(seed));
      const damaged = readFileSync(file);
      const outbox = open();
      const after = contents(outbox);

      expect(after.length).toBeGreaterThanOrEqual((least[name] ?? 1) * count);
      // With everything that was known of each, and its number.
      const recovered = new Set(after.map(({ id }) => id));
      expect(after).toEqual(before.filter(({ id }) => recovered.has(id)));

      const [aside = ''] = setAsideFiles();
      expect(setAsideFiles()).toHaveLength(1);
      expect(aside).toMatch(/^outbox\.db\.damaged-\d{8}T\d{6}Z$/);
      expect(readFileSync(join(directory.path, aside)).equals(damaged)).toBe(true);
      expect(statSync(file).mode & 0o777).toBe(0o600);

      const [damage] = unacknowledgedDamage(outbox);
      expect(damage).toMatchObject({ file: join(directory.path, aside), recovered: after.length });
      expect(kept.lines).toHaveLength(1);
      expect(kept.lines[0]).toContain(`error: ✗ the outbox ${file} was damaged (${damage?.reason})`);

      addEntry(outbox, another);
      expect(outbox.list('all').map(({ sequence }) => sequence)).toEqual(
        [...after.map(({ sequence }) => sequence), expect.any(Number)].sort((one, other) => one - other),
      );
      expect(outbox.list('all').at(-1)?.path).toBe('/x');
      outbox.close();
      // The next one finds nothing wrong.
      open().close();
      expect(setAsideFiles()).toHaveLength(1);
    },
  );

  test('late entries stay late, and the host is kept', () => {
    overwritePages(file, [1], () => 0);
    const outbox = open();
    const streams = () => outbox.database.query('SELECT * FROM streams ORDER BY stream').all();
    const was = new Database(original, { readonly: true });
    expect(streams()).toEqual(was.query('SELECT * FROM streams ORDER BY stream').all());
    was.close();
    expect(outbox.metadata.read('host')).toBe('login7');
    outbox.close();
  });

  test('the host is this one if the stored one is unreadable', () => {
    overwritePages(file, [1, rootPageOf(file, 'meta')], () => 0);
    const outbox = open();
    expect(outbox.metadata.read('host')).toBe('login1');
    outbox.close();
  });

  test('an undelivered entry whose body is lost is recorded', () => {
    const database = new Database(file);
    database.run(`UPDATE bodies SET gzip = x'00' WHERE entry IN (1, 5)`);
    database.close();
    overwritePages(file, [1], () => 0);
    const outbox = open();
    // The first was delivered.
    expect(outbox.database.query('SELECT id, reason FROM dropped').all()).toEqual([
      { id: before[4]?.id, reason: expect.stringContaining('damaged') },
    ]);
    expect(unacknowledgedDamage(outbox)).toMatchObject([{ recovered: count - 2, without_body: 2 }]);
    outbox.close();
  });

  test.each([
    ['a text', () => writeFileSync(file, 'Dear diary,\n'.repeat(1000))],
    ['a short text', () => writeFileSync(file, 'Hello')],
  ])('%s in the place of an outbox is kept as it is, and a new outbox begun', (_name, make) => {
    keepReserve(file);
    make();
    const found = readFileSync(file);
    const outbox = open();
    addEntry(outbox, another);
    expect(outbox.list(null)).toHaveLength(1);
    outbox.close();
    const [aside = ''] = setAsideFiles();
    expect(readFileSync(join(directory.path, aside)).equals(found)).toBe(true);
  });

  test.each([
    ['a text', Buffer.from('Dear diary,\n'.repeat(1000))],
    ['a picture', Buffer.from([0x89, 0x50, 0x4e, 0x47, ...Array(9000).keys()])],
  ])('%s where no outbox was is refused and left where it is', (_name, bytes) => {
    writeFileSync(file, bytes);
    expect(open).toThrow(/is not an outbox, and not a database at all: correct --outbox/);
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(readdirSync(directory.path)).toEqual([basename(file)]);
  });

  test.each([
    ['with tables of its own', ['CREATE TABLE books (title TEXT)']],
    ['with a version of its own', ['CREATE TABLE books (title TEXT)', 'PRAGMA user_version = 2']],
    [
      "that is a receiver's",
      ['CREATE TABLE users (name TEXT)', 'PRAGMA application_id = 1752196978', 'PRAGMA user_version = 1'],
    ],
  ])("another program's database, %s, is refused and left where it is", (_name, statements) => {
    rmSync(file);
    const database = new Database(file);
    for (const statement of statements) database.run(statement);
    database.close();
    const found = readFileSync(file);
    expect(open).toThrow("is another program's database, not an outbox: correct --outbox");
    expect(readFileSync(file).equals(found)).toBe(true);
    expect(setAsideFiles()).toEqual([]);
  });

  test('an empty file is a new outbox and not damage', () => {
    writeFileSync(file, '');
    const outbox = open();
    addEntry(outbox, another);
    expect(outbox.list(null)).toHaveLength(1);
    expect(unacknowledgedDamage(outbox)).toEqual([]);
    outbox.close();
    expect(setAsideFiles()).toEqual([]);
  });

  test('SQLite removes malformed side files', () => {
    keepReserve(file);
    writeFileSync(file, 'no database');
    for (const side of ['-journal', '-wal', '-shm']) writeFileSync(file + side, 'nonsense '.repeat(99));
    const outbox = open();
    addEntry(outbox, another);
    outbox.close();
    expect(readdirSync(directory.path).filter((name) => /outbox\.db-(journal|wal|shm)$/.test(name))).toEqual([]);
    expect(contentsOf(file)).toHaveLength(1);
  });

  test('files of an interrupted recovery are ignored', () => {
    overwritePages(file, [1], () => 0);
    fillOutbox(recoveringFile(file), 3, 9);
    writeFileSync(`${recoveringFile(file)}-journal`, 'half');
    expect(contents(open())).toEqual(before);
    expect(readdirSync(directory.path).filter((name) => name.startsWith(basename(recoveringFile(file))))).toEqual([]);
  });

  test.each([
    ['after the recovery of what is no database', () => overwritePages(file, [1], () => 0)],
    ['after another recovery', () => overwritePages(file, [rootPageOf(file, 'bodies')], () => 0)],
    [
      'after one that failed',
      () => {
        overwritePages(file, [rootPageOf(file, 'bodies')], () => 0);
        mkdirSync(recoveringFile(file));
      },
    ],
  ])('no file is left open %s', (_name, damage) => {
    damage();
    try {
      open().close();
    } catch {}
    expect(openFilesBelow(directory.path)).toEqual([]);
  });

  test('two damages in one second make two files, and both stay recorded until acknowledged', () => {
    for (let round = 0; round < 2; round++) {
      overwritePages(file, [1], () => 0);
      open().close();
    }
    expect(setAsideFiles()).toHaveLength(2);
    const outbox = open();
    expect(acknowledgeDamage(outbox)).toHaveLength(2);
    expect(unacknowledgedDamage(outbox)).toEqual([]);
    expect(contents(outbox)).toEqual(before);
    outbox.close();
  });
});

describe('side files that are not its own', () => {
  test.each(['-journal', '-wal'])('a %s of nonsense costs nothing', (side) => {
    writeFileSync(file + side, 'nonsense '.repeat(5000));
    const outbox = open();
    expect(contents(outbox)).toEqual(before);
    addEntry(outbox, another);
    outbox.close();
    expect(contentsOf(file)).toHaveLength(count + 1);
  });

  test('a hot journal of an interrupted commit is played back', () => {
    const interrupted = new Database(file);
    interrupted.run('PRAGMA cache_size = 2');
    interrupted.run('BEGIN IMMEDIATE');
    interrupted.run(`UPDATE entries SET state = 'delivered', answer = zeroblob(9000)`.replace('zeroblob(9000)', `'x'`));
    interrupted.run(`UPDATE bodies SET gzip = zeroblob(3000)`);
    // The file as a crash would leave it.
    const [half, journal] = [readFileSync(file), readFileSync(`${file}-journal`)];
    interrupted.run('ROLLBACK');
    interrupted.close();
    const crashed = join(directory.path, 'crashed.db');
    writeFileSync(crashed, half);
    writeFileSync(`${crashed}-journal`, journal);
    const outbox = openOutbox(crashed, options());
    expect(contents(outbox)).toEqual(before);
    outbox.close();
    expect(kept.lines).toEqual([]);
  });
});

describe('a write-ahead log that somebody else began', () => {
  /** As a crash would leave it: 20 entries are in the log alone. */
  function withLog(): void {
    const database = new Database(file);
    database.run('PRAGMA journal_mode = WAL');
    database.run('PRAGMA wal_autocheckpoint = 0');
    database.run(`UPDATE entries SET attempts = 9 WHERE sequence <= 20`);
    const [main, log] = [readFileSync(file), readFileSync(`${file}-wal`)];
    database.close();
    writeFileSync(file, main);
    writeFileSync(`${file}-wal`, log);
  }

  /** Pages of later entries, wherever they begin: so many behind that part of the file. */
  const pagesBehind = (part: number, pages: number) =>
    Array.from({ length: pages }, (_, index) => Math.floor((statSync(file).size / pageSize) * part) + index);

  test.each([
    ['the first page is damaged, which the log has', () => overwritePages(file, [1], () => 0), 1],
    ['pages are damaged that it has not', () => overwritePages(file, pagesBehind(0.7, 5), () => 7), 0.8],
  ] as const)('%s', (_name, damage, least) => {
    withLog();
    damage();
    const outbox = open();
    const after = contents(outbox);
    outbox.close();
    expect(after.length).toBeGreaterThanOrEqual(least * count);
    expect(after.filter(({ attempts }) => attempts === 9).length).toBeGreaterThanOrEqual(least * 20);
    expect(existsSync(`${file}-wal`)).toBe(false);
  });
});

describe('damage that is found later', () => {
  test('during an operation: the operation is repeated on the recovered file', () => {
    const healing = new HealingOutbox(file, options());
    overwritePages(file, [1, rootPageOf(original, 'entries')], () => 0);
    const id = healing.run((outbox) => addEntry(outbox, another));
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(healing.run((outbox) => contents(outbox))).toHaveLength(count + 1);
    healing.close();
    expect(setAsideFiles()).toHaveLength(1);
  });

  test('in an index only, which a check of the tables does not find', async () => {
    garbleIndexes();
    const healing = new HealingOutbox(file, options());
    const due = await healing.runLong(async (outbox) => outbox.list('all').filter((entry) => outbox.retry(entry)));
    healing.close();
    expect(due.length).toBeGreaterThan(count / 2);
    expect(kept.lines).toHaveLength(1);
    expect(setAsideFiles()).toHaveLength(1);
    expect(contentsOf(file)).toHaveLength(count);
  });

  test('by another process: later entries are stored in the new file', () => {
    const healing = new HealingOutbox(file, options());
    overwritePages(file, [rootPageOf(original, 'bodies')], () => 0);
    open().close();
    healing.run((outbox) => addEntry(outbox, another));
    healing.close();
    expect(contentsOf(file)).toHaveLength(count + 1);
    expect(setAsideFiles()).toHaveLength(1);
  });
});

describe('a recovery that has to wait', () => {
  /** Opens the damaged file, which cannot be recovered in 300 ms. Returns the error, and how long that took, in ms. */
  function openInVain(): { error: string; waited: number } {
    const began = performance.now();
    try {
      openOutbox(file, { ...options(), waitMilliseconds: 300 }).close();
    } catch (error) {
      return { error: messageOf(error), waited: performance.now() - began };
    }
    throw new Error('it was opened');
  }

  test('for a drain: fails after a while, and changes nothing', () => {
    overwritePages(file, [1], () => 0);
    const damaged = readFileSync(file);
    const lock = tryLock(drainLockFile(file));
    const { error, waited } = openInVain();
    expect(error).toBe(
      `the outbox ${file} is damaged (file is not a database) and cannot be recovered while a drain is running; the next run recovers it`,
    );
    // It tries twice, 200 ms each.
    expect(waited).toBeGreaterThan(300);
    expect(readFileSync(file).equals(damaged)).toBe(true);
    // The drain itself need not wait.
    const outbox = openOutbox(file, { ...options(), drainLock: 'held' });
    expect(contents(outbox)).toEqual(before);
    outbox.close();
    lock?.release();
  });

  test('for a writer: fails after a while', () => {
    overwritePages(file, [rootPageOf(file, 'bodies')], () => 0);
    const writer = new Database(file);
    writer.run('BEGIN IMMEDIATE');
    const { error, waited } = openInVain();
    expect(error).toBe(
      `the outbox ${file} is damaged and cannot be recovered while another process writes it; find the process with: fuser -v ${file}`,
    );
    expect(waited).toBeGreaterThan(250);
    writer.run('ROLLBACK');
    writer.close();
    expect(openFilesBelow(directory.path)).toEqual([]);
    expect(contents(open())).toEqual(before);
  });

  test('for another recovery: finds the file replaced, and does not change the new one', () => {
    const identity = identityOf(file);
    overwritePages(file, [1], () => 0);
    open().close();
    recover(file, { identity, reason: 'seen before' }, options());
    expect(setAsideFiles()).toHaveLength(1);
    expect(kept.lines).toHaveLength(1);
  });

  test('in a read-only directory: reports that, and changes nothing', () => {
    overwritePages(file, [1], () => 0);
    mkdirSync(recoveringFile(file));
    expect(() => open()).toThrow(
      /is damaged .* cannot be recovered: .*; check the directory, its owner and the space left/,
    );
    expect(setAsideFiles()).toEqual([]);
    expect(existsSync(file)).toBe(true);
  });
});

describe('another file', () => {
  test('adds its missing entries after the existing ones', () => {
    const other = join(directory.path, 'other.db');
    fillOutbox(other, 5, 2);
    const database = new Database(other);
    // Its entries are of the same moments.
    database.run('UPDATE entries SET collected_at = collected_at + 1');
    database.close();
    overwritePages(other, [1], () => 0);
    const bytes = readFileSync(other);
    const outbox = open();
    expect(recoverFrom(other, outbox, file)).toMatchObject({ recovered: 5, present: 0 });
    expect(recoverFrom(other, outbox, file)).toMatchObject({ recovered: 0, present: 5 });
    expect(contents(outbox).slice(0, count)).toEqual(before);
    expect(outbox.list('all')).toHaveLength(count + 5);
    expect(readFileSync(other).equals(bytes)).toBe(true);
    outbox.close();
  });
});
