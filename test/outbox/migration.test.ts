import { Database } from 'bun:sqlite';
import { afterEach, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { countEntries } from '../../src/outbox/filter.ts';
import { migrations } from '../../src/outbox/migrations.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { openToRead } from '../../src/outbox/read-only.ts';
import { answersTo } from '../../src/outbox/tables/outages.ts';
import { descriptorsOf, temporaryDirectory } from '../support/files.ts';
import { accept, startSamApi } from '../support/sam-api.ts';
import { newSite } from '../support/site.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** An outbox as the first version made it, with an entry that is delivered and three that wait. */
function firstVersion(file: string): void {
  const database = new Database(file, { create: true });
  database.run('PRAGMA auto_vacuum = INCREMENTAL');
  database.run(migrations[0] ?? '');
  for (let second = 0; second < 4; second++) {
    const collectedAt = Date.UTC(2026, 0, 1, 0, 0, second);
    const body = JSON.stringify({ timestamp: new Date(collectedAt).toISOString().slice(0, -1) });
    const { lastInsertRowid } = database
      .query(
        `INSERT INTO entries (id, stream, destination, method, path, body_bytes, body_sha256, collected_at, state, failed_probes)
         VALUES (?, 'sam/derecho', 'sam', 'POST', '/api/v1/status/derecho', ?, ?, ?, ?, '[]')`,
      )
      .run(
        Bun.randomUUIDv7(),
        body.length,
        new Bun.CryptoHasher('sha256').update(body).digest('hex'),
        collectedAt,
        second === 0 ? 'delivered' : 'pending',
      );
    database.query('INSERT INTO bodies (entry, gzip) VALUES (?, ?)').run(lastInsertRowid, Bun.gzipSync(body));
  }
  database.run('PRAGMA user_version = 1');
  database.close();
}

function directory(): string {
  const temporary = temporaryDirectory();
  cleanups.push(temporary.remove);
  return temporary.path;
}

/** What a program of the first version finds in a file. */
function readAsFirstVersion(file: string) {
  const database = new Database(file, { readonly: true });
  const one = (query: string) => Object.values(database.query<Record<string, unknown>, []>(query).get() ?? {})[0];
  const found = {
    version: one('PRAGMA user_version'),
    integrity: one('PRAGMA integrity_check'),
    waiting: one(`SELECT count(*) FROM entries JOIN bodies ON entry = sequence WHERE state = 'pending'`),
    delivered: one(`SELECT count(*) FROM entries WHERE state = 'delivered'`),
    later: one(`SELECT group_concat(name) FROM sqlite_schema WHERE name IN ('meta', 'streams', 'dropped')`),
  };
  database.close();
  return found;
}

const asItWas = { version: 1, integrity: 'ok', waiting: 3, delivered: 1, later: null };

test('an older outbox is read as it is, with any filter, and stays as it is', () => {
  const file = join(directory(), 'outbox.db');
  firstVersion(file);
  const bytes = readFileSync(file);
  const database = openToRead(file);
  if (database === null) throw new Error('there is no outbox');
  const outbox = new Outbox(file, null, database);
  const count = (stream: string, since: Date | null = null) =>
    countEntries(outbox, { states: ['pending', 'delivered'], stream, since, until: null });
  expect([count('sam/derecho'), count('sam/casper')]).toEqual([4, 0]);
  expect(count('sam/derecho', new Date(Date.UTC(2026, 0, 1, 0, 0, 3)))).toBe(1);
  outbox.close();
  expect(readFileSync(file).equals(bytes)).toBe(true);
});

test('an older outbox is copied before it is brought up to date, and delivered in order', async () => {
  const site = newSite();
  cleanups.push(site.remove);
  const api = startSamApi();
  cleanups.push(api.stop);
  site.api(api.url);
  const file = join(site.directory, 'outbox.db');
  firstVersion(file);
  expect(await site.run('drain', '--outbox', file)).toMatchObject({ exit: 0 });
  expect(api.posted.map(({ body }) => body.timestamp)).toEqual(
    [1, 2, 3].map((second) => `2026-01-01T00:00:0${second}.000`),
  );
  const copy = `${file}.before-schema-${migrations.length}`;
  expect(statSync(copy).mode & 0o777).toBe(0o600);
  expect(readAsFirstVersion(copy)).toEqual(asItWas);
  expect(readAsFirstVersion(file)).toMatchObject({ version: migrations.length, waiting: 0, delivered: 4 });
});

test('entries that the newer version delivered end as delivered when the copy is put back and sends them again', async () => {
  const site = newSite();
  cleanups.push(site.remove);
  const stored = new Set<unknown>();
  // As SAM answers on PostgreSQL for Derecho: its filesystem table refuses first, whatever the system.
  const constraint = 'uq_filesystem_status_timestamp_filesystem_id';
  const error = `Database error: (psycopg2.errors.UniqueViolation) duplicate key value violates unique constraint "${constraint}"`;
  const api = startSamApi((posted, count) => {
    if (stored.has(posted.body.timestamp)) return Response.json({ error }, { status: 500 });
    stored.add(posted.body.timestamp);
    return accept(posted, count);
  });
  cleanups.push(api.stop);
  site.api(api.url);
  const file = join(site.directory, 'outbox.db');
  firstVersion(file);
  expect(await site.run('drain', '--outbox', file)).toMatchObject({ exit: 0 });
  Bun.spawnSync(['mv', `${file}.before-schema-${migrations.length}`, file]);
  expect(readAsFirstVersion(file)).toEqual(asItWas);
  const again = await site.run('drain', '--outbox', file);
  expect(again).toMatchObject({ exit: 0 });
  expect(again.stderr).toContain('✓ derecho status: already stored by an earlier attempt (HTTP 500)');
  expect(api.posted).toHaveLength(6);
  expect(readAsFirstVersion(file)).toMatchObject({ waiting: 0, delivered: 4 });
});

test('an existing copy is kept', () => {
  const file = join(directory(), 'outbox.db');
  firstVersion(file);
  const copy = `${file}.before-schema-${migrations.length}`;
  writeFileSync(copy, 'of another day');
  new Outbox(file).close();
  expect(readFileSync(copy, 'utf8')).toBe('of another day');
});

test('without space for a copy nothing is changed', () => {
  const file = join(directory(), 'outbox.db');
  firstVersion(file);
  // Where the copy would be made another cannot be put.
  Bun.spawnSync(['mkdir', `${file}.before-schema-${migrations.length}.${process.pid}.unfinished`]);
  expect(() => new Outbox(file)).toThrow('cannot open the outbox');
  expect(readAsFirstVersion(file)).toEqual(asItWas);
});

test('neither a new outbox nor one of this version is copied', () => {
  const file = join(directory(), 'outbox.db');
  for (let time = 0; time < 2; time++) new Outbox(file).close();
  expect(existsSync(`${file}.before-schema-${migrations.length}`)).toBe(false);
});

test('the copy can replace the outbox again, any number of times', () => {
  const file = join(directory(), 'outbox.db');
  const copy = `${file}.before-schema-${migrations.length}`;
  firstVersion(file);
  for (let time = 0; time < 2; time++) {
    new Outbox(file).close();
    expect(descriptorsOf(copy)).toBe(0);
    Bun.spawnSync(['mv', copy, file]);
    expect(readAsFirstVersion(file)).toEqual(asItWas);
  }
});

test('the undelivered entries of the copy are noted as sent, as they may be by then', () => {
  const file = join(directory(), 'outbox.db');
  firstVersion(file);
  const before = Date.now();
  new Outbox(file).close();
  const sentAt = (path: string) => {
    const database = new Database(path, { readonly: true });
    const rows = database.query<{ at: number | null }, []>('SELECT first_sent_at AS at FROM entries ORDER BY sequence');
    const times = rows.all().map(({ at }) => at);
    database.close();
    return times;
  };
  expect(sentAt(file)).toEqual([null, null, null, null]);
  const [delivered, ...undelivered] = sentAt(`${file}.before-schema-${migrations.length}`);
  expect(delivered).toBeNull();
  expect(undelivered).toHaveLength(3);
  for (const time of undelivered) expect(time).toBeWithin(before, Date.now() + 1);
});

test('the answers to outages of an older outbox are those of the SAM API', () => {
  const file = join(directory(), 'outbox.db');
  const database = new Database(file, { create: true });
  for (const migration of migrations.slice(0, 5)) database.run(migration);
  for (const [key, ids, isOneRow] of [
    ['answered', '[41,42]', 0],
    ['of a receiver', '[7]', 1],
    ['not answered', '[]', null],
  ] as const) {
    database
      .query(
        `INSERT INTO outages (key, system, title, severity, status, started_at, reported_at, affected, outage_ids, is_one_row)
         VALUES (?, 'derecho', 't', 'minor', 'investigating', 1, 1, '[]', ?, ?)`,
      )
      .run(key, ids, isOneRow);
  }
  database.run('PRAGMA user_version = 5');
  database.close();
  const outbox = new Outbox(file);
  const answers = ['answered', 'of a receiver', 'not answered'].map((key) => answersTo(outbox, key));
  outbox.close();
  expect(answers).toEqual([
    [{ outage: 'answered', destination: 'sam', outage_ids: '[41,42]', is_one_row: 0 }],
    [{ outage: 'of a receiver', destination: 'sam', outage_ids: '[7]', is_one_row: 1 }],
    [],
  ]);
});
