/** `serve` on PostgreSQL: the address and its password, several receivers behind one proxy, a server that is away. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { openStore } from '../../src/server/store/open.ts';
import { needs, needsThat } from '../support/needs.ts';
import { startEdge } from '../support/nginx.ts';
import { addressOf, isPostgresInstalled, sharedCluster, startCluster } from '../support/postgres.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

/** The address of a new database over TCP. */
async function freshUrl(): Promise<string> {
  const cluster = await sharedCluster();
  const name = /\/\/\/(\w+)/.exec(await cluster.makeDatabase())?.[1] ?? '';
  return cluster.overTcp(name);
}

describe('the database', () => {
  onPostgres('is named in the env file, and serve, user and key use it', async () => {
    const url = await freshUrl();
    site.configure('env', `DATABASE_URL=${url.replace('postgres@', 'postgres:a-secret-word@')}\n`);
    expect(await site.run('serve', 'user', 'add', 'mcurie')).toMatchObject({ exit: 0, stderr: 'Added mcurie\n' });
    expect(await site.run('serve', 'key', 'add', 'one', '--all')).toMatchObject({ exit: 0 });
    expect((await site.run('serve', 'user', 'ls')).stdout).toContain('mcurie');
    const server = site.start(['serve', '--listen', '127.0.0.1:0']);
    const [, address = ''] = await server.said(/Listening on (\S+)/);
    expect((await fetch(`${address}/api/dashboard/health`)).status).toBe(200);
    server.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ exit: 0 });
    expect(server.stderr() + server.stdout()).not.toMatch(/a-secret-word|No snapshots can be received/);
  });

  onPostgres('after --database must not have a password', async () => {
    const url = (await freshUrl()).replace('postgres@', 'postgres:a-secret-word@');
    const { exit, stderr } = await site.run('serve', 'user', 'ls', '--database', url);
    expect(exit).toBe(2);
    expect(stderr).toContain('use PGPASSFILE');
    expect(stderr).not.toContain('a-secret-word');
  });

  onPostgres('whose password file others can read is not opened', async () => {
    const file = join(site.directory, 'pgpass');
    writeFileSync(file, '*:*:*:*:a-secret-word\n', { mode: 0o644 });
    site.configure('env', `PGPASSFILE=${file}\n`);
    const { exit, stderr } = await site.run('serve', 'user', 'ls', '--database', await freshUrl());
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining(`chmod 600 ${file}`) });
  });
});

/** Starts a receiver on a database, and returns its process and address. */
async function serve(database: string, listen = '127.0.0.1:0') {
  const process = site.start(['serve', '--listen', listen, '--database', database]);
  const [, url = ''] = await process.said(/Listening on (\S+)/);
  return { process, url };
}

async function addUser(database: string): Promise<void> {
  const adding = site.start(['serve', 'user', 'add', credentials.user, '--password-stdin', '--database', database], {
    stdin: credentials.password,
  });
  expect(await adding.ended).toMatchObject({ exit: 0 });
}

const authorization = `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`;
const snapshot = readFileSync(join(fixtures, 'receiver/snapshot.json'), 'utf8');

/** Posts a snapshot with a timestamp of its own, and a key of its own unless that is not wanted. */
function post(url: string, number: number, hasKey = true): Promise<Response> {
  const timestamp = new Date(Date.parse('2026-01-01T00:00:00Z') + number * 1000).toISOString();
  return fetch(`${url}/api/v1/status/derecho`, {
    method: 'POST',
    headers: {
      Authorization: authorization,
      'Content-Type': 'application/json',
      ...(hasKey && { 'Idempotency-Key': `number-${number}` }),
    },
    body: snapshot.replace('2026-11-25T00:00:00', timestamp),
  });
}

/** The timestamps of all snapshots, in their order. */
async function storedTimestamps(database: string, system: string): Promise<string[]> {
  const store = await openStore(addressOf(database));
  try {
    const sql = 'SELECT timestamp FROM snapshots WHERE system = $1 ORDER BY timestamp';
    return (await store.all<{ timestamp: string }>(sql, system)).map((row) => row.timestamp);
  } finally {
    await store.close();
  }
}

describe('two receivers behind nginx', () => {
  const withNginx = isPostgresInstalled ? needs('nginx') : onPostgres;

  withNginx(
    'lose nothing and double nothing if one of them is killed under load',
    async () => {
      const database = await freshUrl();
      await addUser(database);
      const [one, two] = await Promise.all([serve(database), serve(database)]);
      const edge = await startEdge(one.url, two.url);
      try {
        site.api(edge.url);
        site.localSystem('casper');
        for (let entry = 0; entry < 3; entry++) await site.run('collect', 'casper');
        let acknowledged = 0;
        let repeated = 0;
        let next = 0;
        const client = async () => {
          for (let number = next++; number < 300; number = next++) {
            while ((await post(edge.url, number)).status !== 201) repeated += 1;
            acknowledged += 1;
            if (acknowledged === 100) one.process.kill('SIGKILL');
          }
        };
        const clients = Promise.all(Array.from({ length: 20 }, client));
        await until(() => acknowledged >= 100, 'a third of the snapshots is stored', 120);
        await until(
          async () => {
            await site.run('drain', '--now');
            return (await site.entries()).every(({ state }) => state === 'delivered');
          },
          'the outbox has delivered everything',
          120,
        );
        await clients;
        expect(acknowledged).toBe(300);
        const stored = await storedTimestamps(database, 'derecho');
        expect(new Set(stored).size).toBe(300);
        expect(stored).toHaveLength(300);
        expect(await storedTimestamps(database, 'casper')).toHaveLength(3);
        expect((await one.process.ended).signal).toBe('SIGKILL');
        expect(repeated).toBeLessThan(300);
      } finally {
        await edge.stop();
      }
    },
    240_000,
  );

  onPostgres('store a snapshot once that both get at the same time, without a key', async () => {
    const database = await freshUrl();
    await addUser(database);
    const receivers = await Promise.all([serve(database), serve(database)]);
    for (let number = 0; number < 20; number++) {
      const answers = await Promise.all(receivers.map(({ url }) => post(url, number, false)));
      expect(answers.map(({ status }) => status)).toEqual([201, 201]);
      const [first, second] = await Promise.all(answers.map((answer) => answer.json()));
      expect(second).toEqual(first);
    }
    expect(await storedTimestamps(database, 'derecho')).toHaveLength(20);
  });

  onPostgres(
    'do not wait for one that is stopped inside a transaction for more than its time limit',
    async () => {
      const database = await freshUrl();
      await addUser(database);
      const { url } = await serve(database);
      expect((await post(url, 0)).status).toBe(201);
      const { port, user, database: name } = addressOf(database);
      const holder = new SQL({
        adapter: 'postgres',
        hostname: '127.0.0.1',
        port,
        username: user,
        database: name,
        max: 1,
      });
      const session = await holder.reserve();
      await session.unsafe('BEGIN');
      await session.unsafe('SELECT version FROM receiver_schema FOR UPDATE');
      const began = Date.now();
      const refused = await post(url, 1);
      expect(refused.status).toBe(503);
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(Date.now() - began).toBeLessThan(10_000);
      await session.unsafe('ROLLBACK');
      session.release();
      await holder.close();
      expect((await post(url, 1)).status).toBe(201);
      expect(await storedTimestamps(database, 'derecho')).toHaveLength(2);
    },
    60_000,
  );
});

describe('a PostgreSQL server that is away', () => {
  const ask = async (url: string, number: number) => {
    const began = Date.now();
    const get = { headers: { Authorization: authorization } };
    const answers = await Promise.all([post(url, number), fetch(`${url}/api/v1/status/derecho/latest`, get)]);
    return { answers, ms: Date.now() - began };
  };
  const refused = async (url: string, number: number) => {
    const { answers, ms } = await ask(url, number);
    expect(ms).toBeLessThan(10_000);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await answer.json()).toEqual({ error: 'The database of the receiver does not answer' });
    }
  };
  const untilAccepted = (url: string, number: number) =>
    until(async () => (await post(url, number)).status === 201, 'the receiver accepts snapshots again', 60);

  onPostgres(
    'is 503 within 10 s, for reads too, and the receiver goes on by itself',
    async () => {
      const cluster = await startCluster();
      try {
        await cluster.makeDatabase();
        const database = cluster.overTcp('test_1');
        await addUser(database);
        const { url } = await serve(database);
        expect((await post(url, 0)).status).toBe(201);

        cluster.freeze();
        await refused(url, 1);
        await refused(url, 2);
        cluster.thaw();
        for (const number of [1, 2, 3]) await untilAccepted(url, number);

        await cluster.stop();
        await refused(url, 4);
        await cluster.restart();
        for (const number of [4, 5]) await untilAccepted(url, number);
        expect((await ask(url, 5)).answers.map(({ status }) => status)).toEqual([201, 200]);
        const stored = await storedTimestamps(database, 'derecho');
        expect(stored).toEqual([0, 1, 2, 3, 4, 5].map((second) => `2026-01-01T00:00:0${second}`));
      } finally {
        await cluster.remove();
      }
    },
    240_000,
  );
});
