import { Database } from 'bun:sqlite';
import { afterEach, expect, test } from 'bun:test';
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError } from '../../src/lib/errors.ts';
import { startReceiver } from '../../src/server/receiver.ts';
import { until } from '../support/until.ts';
import { freshDatabasePath, heldBody, login, startForTest } from './helper.ts';
import { leastTotals } from './samples.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

function freshPath() {
  const { path, remove } = freshDatabasePath();
  cleanups.push(remove);
  return path;
}

async function started(options: Parameters<typeof startForTest>[0] = {}) {
  const receiver = await startForTest(options);
  cleanups.push(() => receiver.remove());
  return receiver;
}

const start = (database: string, port = 0) => startReceiver({ hostname: '127.0.0.1', port, database });

test('it listens where it says, on IPv6 too', async () => {
  expect((await started()).url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const v6 = await started({ hostname: '::1' });
  expect(v6.url).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await v6.get('outages')).status).toBe(200);
});

test('a used port is refused in one line, and the database is closed', async () => {
  const receiver = await started();
  const error = await start(freshPath(), Number(new URL(receiver.url).port)).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).message).toBe(
    `Cannot listen on ${receiver.url}: another program has this port; stop it, or listen on another one.`,
  );
});

test('an address of another host is refused', async () => {
  const refused = startReceiver({
    hostname: '203.0.113.7',
    port: 0,
    database: freshPath(),
    isBehindProxy: true,
  });
  expect(refused).rejects.toThrow('this host has no such address');
});

test('the database and its directory are the owner’s only', async () => {
  const path = `${freshPath()}.d/deep/receiver.db`;
  const receiver = await start(path);
  cleanups.push(() => receiver.stop());
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  for (const file of [path, `${path}-wal`, `${path}-shm`]) expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('a database that others can read is closed to them', async () => {
  const path = freshPath();
  writeFileSync(path, '', { mode: 0o644 });
  const receiver = await start(path);
  cleanups.push(() => receiver.stop());
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('stored data are kept over a restart', async () => {
  const first = await startForTest();
  cleanups.push(() => first.remove());
  await first.post('restart', leastTotals, { 'Idempotency-Key': 'k1' });
  await first.stop();
  const second = await start(first.path);
  cleanups.push(() => second.stop());
  const latest = await fetch(`${second.url}/api/v1/status/restart/latest`, { headers: login });
  expect(await latest.json()).toMatchObject(leastTotals);
});

const foreign: [string, string, (path: string) => void][] = [
  ['newer', 'was written by a newer hpc-collector', (path) => change(path, 'PRAGMA user_version = 99')],
  ["another program's", "another program's SQLite database", (path) => change(path, 'PRAGMA application_id = 7')],
  ['no database at all', 'not an SQLite database', (path) => writeFileSync(path, 'not a database, '.repeat(100))],
  ['a directory', 'Cannot open the receiver', (path) => mkdirSync(path)],
];

function change(path: string, sql: string): void {
  const database = new Database(path);
  database.run(sql);
  database.close();
}

test.each(foreign)('a database that is %s is refused with a clear error and not changed', async (_, words, make) => {
  const path = freshPath();
  if (words.includes('newer')) await (await start(path)).stop();
  make(path);
  const before = statSync(path).size;
  const error = await start(path).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(OperatorError);
  expect((error as OperatorError).message).toContain(words);
  expect((error as OperatorError).message).not.toContain('\n');
  expect(statSync(path).size).toBe(before);
});

test('an outbox given by mistake is not migrated', async () => {
  const path = freshPath();
  change(path, 'CREATE TABLE entries (id TEXT)');
  expect(start(path)).rejects.toThrow("another program's SQLite database");
});

test('stop waits for running requests, and can be called twice', async () => {
  const receiver = await started();
  const { body, reached, release } = heldBody(leastTotals);
  // Log in first, so that the request is in its body when the stop comes.
  await receiver.get('outages');
  const headers = { ...login, 'Content-Type': 'application/json' };
  const posted = receiver.send('POST', 'stopping', { headers, body });
  await reached;
  await receiver.get('outages');
  const stopped = receiver.stop();
  expect(receiver.stop()).toBe(stopped);
  release();
  expect((await posted).status).toBe(201);
  await stopped;
  expect(receiver.get('outages')).rejects.toThrow();
  expect(await receiver.rows('snapshots')).toBe(1);
});

test('old snapshots that cannot be read are an error in the log, and the receiver goes on', async () => {
  const first = await started();
  await first.post('old', leastTotals);
  await first.change("UPDATE snapshots SET in_history = 0, body = x'00'");
  const lines: string[] = [];
  const second = await startReceiver({
    ...{ hostname: '127.0.0.1', port: 0, database: first.path },
    log: (line, level) => lines.push(`${level}: ${line}`),
  });
  cleanups.push(() => second.stop());
  await until(() => lines.length > 0, 'the error is logged');
  expect(lines).toEqual([expect.stringMatching(/^error: History of old snapshots: \S/)]);
  expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
});
