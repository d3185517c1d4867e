/** `serve stats`, `serve backup` and `serve migrate`, while a receiver runs. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needsThat } from '../support/needs.ts';
import { isPostgresInstalled, sharedCluster } from '../support/postgres.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');
const authorization = `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
const snapshot = readFileSync(join(fixtures, 'receiver/snapshot.json'), 'utf8');

let site: Site;
let database: string;
beforeEach(() => {
  site = newSite();
  database = join(site.directory, 'receiver.db');
});
afterEach(() => site.remove());

async function post(url: string, second: number): Promise<number> {
  const timestamp = new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1000).toISOString();
  const response = await fetch(`${url}/api/v1/status/derecho`, {
    method: 'POST',
    headers: { Authorization: authorization, 'Content-Type': 'application/json' },
    body: snapshot.replace('2026-11-25T00:00:00', timestamp),
  });
  return response.status;
}

function snapshotsIn(file: string): number {
  const opened = new Database(file, { readonly: true });
  try {
    return opened.query<{ n: number }, []>('SELECT count(*) AS n FROM snapshots').get()?.n ?? -1;
  } finally {
    opened.close();
  }
}

test('stats shows the rows and the size of each kind', async () => {
  const { url } = await site.serve();
  expect(await post(url, 0)).toBe(201);
  const { exit, stdout } = await site.run('serve', 'stats', '--database', database);
  expect(exit).toBe(0);
  expect(stdout).toMatch(/^KIND +ROWS +SIZE\n/);
  expect(stdout).toMatch(/^snapshots +1 +[\d.]+ KiB$/m);
  const { stdout: lines } = await site.run('serve', 'stats', '--json', '--database', database);
  const kinds = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(kinds).toContainEqual({ kind: 'users and keys', rows: 1, bytes: expect.any(Number) });
});

describe('backup', () => {
  test('copies everything that was acknowledged, while the receiver stores more', async () => {
    const { url } = await site.serve();
    let second = 0;
    let isDone = false;
    const client = async () => {
      while (!isDone) expect(await post(url, second++)).toBe(201);
    };
    expect(await post(url, second++)).toBe(201);
    const clients = Promise.all([client(), client(), client()]);
    const before = snapshotsIn(database);
    const copy = join(site.directory, 'copy.db');
    const { exit, stderr } = await site.run('serve', 'backup', copy, '--database', database);
    isDone = true;
    await clients;
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringMatching(/^Copied \S+receiver\.db to \S+copy\.db \([\d.]+ [KM]iB\)\n$/),
    });
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    const copied = snapshotsIn(copy);
    expect(copied).toBeGreaterThanOrEqual(before);
    expect(copied).toBeLessThanOrEqual(snapshotsIn(database));
    const restored = site.start(['serve', '--listen', '127.0.0.1:0', '--database', copy]);
    const [, address = ''] = await restored.said(/Listening on (\S+)/);
    expect(await post(address, 1_000_000)).toBe(201);
    expect(snapshotsIn(copy)).toBe(copied + 1);
  });

  test('refuses a file that exists, a database that does not, and one that is not a receiver’s', async () => {
    await site.serve();
    const taken = join(site.directory, 'taken');
    writeFileSync(taken, 'precious');
    const backup = (copy: string, from: string) => site.run('serve', 'backup', copy, '--database', from);
    expect(await backup(taken, database)).toMatchObject({ exit: 2, stderr: expect.stringContaining('exists') });
    expect(readFileSync(taken, 'utf8')).toBe('precious');
    const copy = join(site.directory, 'copy.db');
    const nowhere = join(site.directory, 'nowhere.db');
    expect(await backup(copy, nowhere)).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('There is no database'),
    });
    const other = join(site.directory, 'other.db');
    new Database(other).run('CREATE TABLE t (x)');
    expect(await backup(copy, other)).toMatchObject({ exit: 2, stderr: expect.stringContaining("not a receiver's") });
    const lost = await backup(join(site.directory, 'no', 'such', 'copy.db'), database);
    expect(lost).toMatchObject({ exit: 2, stderr: expect.stringContaining('Check the directory') });
    expect([existsSync(copy), existsSync(nowhere)]).toEqual([false, false]);
    const postgres = await backup(copy, 'postgres://u@db.example.org/r');
    expect(postgres).toMatchObject({ exit: 2, stderr: expect.stringContaining('pg_dump') });
  });
});

onPostgres('migrate copies the file to PostgreSQL, where a receiver goes on', async () => {
  const { url, process } = await site.serve();
  for (let second = 0; second < 5; second++) expect(await post(url, second)).toBe(201);
  process.kill('SIGTERM');
  await process.ended;
  const target = await (await sharedCluster()).makeDatabase();
  const { exit, stderr } = await site.run('serve', 'migrate', '--from', database, '--to', target);
  expect(exit).toBe(0);
  expect(stderr).toContain('snapshots: 5 of 5 rows\n');
  expect(stderr).toMatch(/^Copied and compared \d+ rows$/m);
  const moved = site.start(['serve', '--listen', '127.0.0.1:0', '--database', target]);
  const [, address = ''] = await moved.said(/Listening on (\S+)/);
  const headers = { Authorization: authorization };
  const latest = await fetch(`${address}/api/v1/status/derecho/latest`, { headers });
  expect(await latest.json()).toMatchObject({ timestamp: '2026-01-01T00:00:04', cpu_nodes_total: 100 });
  expect(await post(address, 4), 'the same snapshot again').toBe(201);
  expect(await post(address, 5)).toBe(201);
  const { stdout } = await site.run('serve', 'stats', '--database', target);
  expect(stdout).toMatch(/^snapshots +6 /m);
  expect(await site.run('serve', 'migrate', '--from', database, '--to', 'receiver.db')).toMatchObject({ exit: 2 });
});
