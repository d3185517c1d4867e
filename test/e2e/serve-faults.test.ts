/** `serve` with damaged, missing and foreign files, a full disk, and requests that are malformed or too expensive. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { raw } from '../server/helper.ts';
import { mountDisk, onDisk } from '../support/disk.ts';
import { run } from '../support/run.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';

let site: Site;
let database: string;
beforeEach(() => {
  site = newSite();
  database = join(site.directory, 'receiver.db');
});
afterEach(() => site.remove());

const authorization = `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
const snapshot = readFileSync(join(fixtures, 'receiver/snapshot.json'), 'utf8');

async function post(url: string, path: string, body: string): Promise<{ status: number; answer: unknown }> {
  const headers = { Authorization: authorization, 'Content-Type': 'application/json' };
  const response = await fetch(`${url}/api/v1/status/${path}`, { method: 'POST', headers, body });
  return { status: response.status, answer: await response.json() };
}

async function get(url: string, path: string): Promise<{ status: number; answer: unknown }> {
  const response = await fetch(`${url}/api/v1/status/${path}`, { headers: { Authorization: authorization } });
  return { status: response.status, answer: await response.json() };
}

test('a snapshot that is sent twice without a key is stored once; another one with its timestamp is refused', async () => {
  const { url } = await site.serve();
  expect(await get(url, 'derecho/latest')).toEqual({
    status: 404,
    answer: { message: 'No Derecho status data available' },
  });
  const first = await post(url, 'derecho', snapshot);
  expect(first.status).toBe(201);
  expect(await post(url, 'derecho', snapshot)).toEqual(first);
  expect(await post(url, 'derecho', snapshot.replace('"cpu_nodes_total": 100', '"cpu_nodes_total": 99'))).toEqual({
    status: 409,
    answer: { error: 'Derecho has another snapshot with the timestamp 2026-11-25T00:00:00' },
  });
  expect(await get(url, 'derecho/latest')).toMatchObject({
    answer: { cpu_nodes_total: 100, filesystems: [{ timestamp: '2026-11-25T00:00:00', system_name: 'derecho' }] },
  });
});

test('a timestamp in the future is refused', async () => {
  const { url } = await site.serve();
  const { status, answer } = await post(url, 'derecho', snapshot.replace('2026-11-25', '2999-11-25'));
  expect(status).toBe(400);
  expect(answer).toEqual({ error: expect.stringContaining('timestamp: is more than 5 minutes in the future') });
});

test.each([
  ['without a Host', ''],
  ['with a malformed Host', 'Host: a b\r\n'],
])('a request of HTTP/1.0 %s is 400', async (_, header) => {
  const { url } = await site.serve();
  const answer = await raw(url, `GET /api/v1/status/outages HTTP/1.0\r\n${header}\r\n`);
  expect(answer).toStartWith('HTTP/1.1 400');
  expect(answer).toEndWith('{"error":"Host header is missing or malformed"}');
});

test('3,000,000 members are refused before they are parsed', async () => {
  const { url } = await site.serve();
  // Keys of one to four characters: 15 MB, which the limit on bytes lets pass.
  const members = Array.from({ length: 3_000_000 }, (_, index) => `"${(index % 9999).toString(36)}":1`).join(',');
  const body = `{${members.slice(0, 16_000_000).replace(/,[^,]*$/, '')}}`;
  const [refused, meanwhile] = await Promise.all([post(url, 'derecho', body), get(url, 'outages')]);
  expect(refused).toEqual({ status: 400, answer: { error: 'JSON body has an object of over 10000 members' } });
  expect(meanwhile.status).toBe(200);
});

describe('a database that goes away while the receiver runs', () => {
  const gone: [string, string, () => void][] = [
    ['deleted', '', () => rmSync(database)],
    ['deleted with its WAL', '', () => ['', '-wal', '-shm'].map((suffix) => rmSync(database + suffix))],
    ['without its WAL', '-wal', () => rmSync(`${database}-wal`)],
    [
      'replaced by a copy',
      '',
      () => {
        copyFileSync(database, `${database}.copy`);
        renameSync(`${database}.copy`, database);
      },
    ],
  ];
  test.each(gone)('%s is noticed before the next 201, and the log says so', async (_, suffix, remove) => {
    const { url, process } = await site.serve();
    expect((await post(url, 'derecho', snapshot)).status).toBe(201);
    remove();
    const answer = { error: 'The database of the receiver was deleted or replaced' };
    expect(await post(url, 'derecho', snapshot.replace('-25T', '-24T'))).toEqual({ status: 503, answer });
    expect(await get(url, 'derecho/latest')).toEqual({ status: 503, answer });
    expect((await fetch(`${url}/api/dashboard/health`)).status).toBe(503);
    await process.said(/ERROR \[receiver\] 503 POST \/api\/v1\/status\/derecho \d+ ms: /);
    expect(process.stderr()).toContain(`: ${database}${suffix} was deleted or replaced`);
    expect(process.stderr()).toContain('restart the receiver');
  });

  test('the collector keeps its entry and delivers it to the receiver that is started next', async () => {
    const first = await site.serve();
    site.api(first.url);
    site.localSystem('casper');
    rmSync(database);
    expect(await site.run('collect', 'casper')).toMatchObject({ exit: 0 });
    // A second is too short for the retries.
    expect(await site.run('drain', '--max-seconds', '1')).toMatchObject({ exit: 1 });
    expect(await site.entries()).toMatchObject([{ state: 'pending' }]);
    first.process.kill('SIGTERM');
    await first.process.ended;
    rmSync(`${database}-wal`, { force: true });
    rmSync(`${database}-shm`, { force: true });
    await site.serve({ listen: new URL(first.url).host });
    expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
    expect(await site.entries()).toMatchObject([{ state: 'delivered' }]);
  });
});

test('kill -9 while many clients post at once loses no snapshot that was acknowledged', async () => {
  const { url, process } = await site.serve();
  const acknowledged: number[] = [];
  // Each client posts until the receiver is gone. Every snapshot has a second of its own.
  const start = Date.parse('2026-01-01T00:00:00Z');
  let next = 0;
  const client = async (): Promise<void> => {
    for (;;) {
      const second = next++;
      const timestamp = new Date(start + second * 1000).toISOString();
      const answer = await post(url, 'derecho', snapshot.replace('2026-11-25T00:00:00', timestamp)).catch(() => null);
      if (answer === null) return;
      expect(answer.status).toBe(201);
      acknowledged.push(second);
      if (acknowledged.length === 300) process.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: 30 }, client));
  expect(acknowledged.length).toBeGreaterThanOrEqual(300);

  await site.serve();
  const stored = new Database(database, { readonly: true });
  const rows = stored.query<{ timestamp: string }, []>('SELECT timestamp FROM snapshots').all();
  stored.close();
  const seconds = new Set(rows.map((row) => (Date.parse(`${row.timestamp}Z`) - start) / 1000));
  expect(acknowledged.filter((second) => !seconds.has(second))).toEqual([]);
  expect(rows).toHaveLength(seconds.size);
});

onDisk('a full disk is 507 and an error in the log, reads go on, and a later attempt is stored', async () => {
  const disk = mountDisk(4096);
  try {
    const file = join(disk.path, 'receiver.db');
    const options = ['--database', file];
    const adding = site.start(['serve', 'user', 'add', credentials.user, '--password-stdin', ...options], {
      stdin: credentials.password,
    });
    expect((await adding.ended).exit).toBe(0);
    const key = (await site.run('serve', 'key', 'add', 'reader', '--all', ...options)).stdout.trim();
    const process = site.start(['serve', '--listen', '127.0.0.1:0', ...options]);
    const [, url = ''] = await process.said(/Listening on (\S+)/);
    expect((await post(url, 'derecho', snapshot)).status).toBe(201);
    disk.fill();

    const next = snapshot.replace('-25T', '-26T').replace('"glade"', `"${'x'.repeat(32)}"`);
    // Random text does not compress, so that the row needs more than the space that is left in the WAL.
    const noise = Buffer.from(crypto.getRandomValues(new Uint8Array(48_000))).toString('base64');
    const large = `${next.trimEnd().slice(0, -1)},"note":"${noise}"}`;
    expect(await post(url, 'derecho', large)).toEqual({
      status: 507,
      answer: { error: 'The disk of the receiver is full' },
    });
    await process.said(/ERROR \[receiver\] 507 POST .*: the disk of the receiver's database is full; make room: df -h/);
    expect(await get(url, 'derecho/latest')).toMatchObject({ answer: { timestamp: '2026-11-25T00:00:00' } });
    // The time of the key's last use cannot be stored either.
    const statistics = await fetch(`${url}/api/dashboard/stats/farm`, { headers: { 'X-API-Key': key } });
    expect(statistics.status).toBe(404);

    disk.free();
    expect((await post(url, 'derecho', large)).status).toBe(201);
    process.kill('SIGKILL');
    await process.ended;
  } finally {
    disk.remove();
  }
});

describe('a file that is not a receiver’s database is refused and not changed', () => {
  const commands = [
    ['serve', '--listen', '127.0.0.1:0'],
    ['serve', 'user', 'add', 'ada'],
    ['serve', 'key', 'ls'],
  ];
  const refused = async (command: readonly string[], words: string) => {
    chmodSync(database, 0o644);
    const before = statSync(database);
    expect(await site.run(...command, '--database', database)).toMatchObject({
      exit: 2,
      stdout: '',
      stderr: expect.stringContaining(words),
    });
    const { mode, size, ino, mtimeMs } = statSync(database);
    expect({ mode, size, ino, mtimeMs }).toEqual({
      mode: before.mode,
      size: before.size,
      ino: before.ino,
      mtimeMs: before.mtimeMs,
    });
  };

  test.each(commands.map((command) => [command.join(' '), command] as const))('%s: a text', async (_, command) => {
    writeFileSync(database, 'A diary, not a database.\n'.repeat(50));
    await refused(command, 'It is not an SQLite database: move it away or name another file.');
  });

  test.each(commands.map((command) => [command.join(' '), command] as const))(
    "%s: another program's database in WAL mode",
    async (_, command) => {
      const other = new Database(database);
      other.run('PRAGMA journal_mode = WAL');
      other.run('CREATE TABLE entries (id TEXT)');
      other.close();
      rmSync(`${database}-wal`, { force: true });
      rmSync(`${database}-shm`, { force: true });
      await refused(command, "is another program's SQLite database");
      expect([`${database}-wal`, `${database}-shm`].filter(existsSync)).toEqual([]);
    },
  );

  test('a named pipe', async () => {
    run(['mkfifo', database]);
    await refused(['serve', '--listen', '127.0.0.1:0'], 'is not a regular file');
  });
});
