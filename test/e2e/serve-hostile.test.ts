/** The compiled receiver under thousands of dropped connections, and killed again and again while clients post. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { openStore } from '../../src/server/store/open.ts';
import { needsThat } from '../support/needs.ts';
import { addressOf, isPostgresInstalled, sharedCluster } from '../support/postgres.ts';
import { credentials, fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');
const snapshot = readFileSync(join(fixtures, 'receiver/snapshot.json'), 'utf8');
const headers = {
  Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
  'Content-Type': 'application/json',
};

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

test('5,000 connections that are opened and dropped leak no descriptors', async () => {
  const { url, process } = await site.serve();
  const { hostname, port } = new URL(url);
  const openFiles = () => readdirSync(`/proc/${process.pid}/fd`).length;
  const answers = async () => (await fetch(`${url}/healthz`)).status === 200;
  const firsts = [
    '',
    'GET ',
    'POST /api/v1/status/derecho HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{"a"',
    '\x16\x03\x01',
  ];
  expect(await answers()).toBe(true);
  const before = openFiles();
  let left = 5000;
  const drop = async () => {
    while (left-- > 0) {
      const text = firsts[left % firsts.length] ?? '';
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => socket.write(text, () => socket.destroy()));
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
  };
  await Promise.all(Array.from({ length: 50 }, drop));
  expect(await answers()).toBe(true);
  await until(
    () => openFiles() <= before + 5,
    () => `the ${openFiles() - before} connections are closed`,
    60,
  );
  process.kill('SIGTERM');
  expect(await process.ended).toMatchObject({ exit: 0 });
}, 120_000);

const rounds = 4;

/** Kills the receiver in the middle of its work, starts it again, and looks at what it acknowledged. */
async function expectNothingLost(database: string): Promise<void> {
  const add = ['serve', 'user', 'add', credentials.user, '--password-stdin', '--database', database];
  expect(await site.start(add, { stdin: `${credentials.password}\n` }).ended).toMatchObject({ exit: 0 });
  const acknowledged = new Set<string>();
  const start = Date.parse('2026-01-01T00:00:00Z');
  let next = 0;
  for (let round = 0; round < rounds; round++) {
    const process = site.start(['serve', '--listen', '127.0.0.1:0', '--database', database]);
    const [, url = ''] = await process.said(/Listening on (\S+)/);
    const enough = acknowledged.size + 40 + 25 * round;
    const client = async () => {
      for (;;) {
        const timestamp = new Date(start + 1000 * next++).toISOString().slice(0, 19);
        const body = snapshot.replace('2026-11-25T00:00:00', timestamp);
        const request = { method: 'POST', headers, body };
        const status = await fetch(`${url}/api/v1/status/derecho`, request).then(
          (answer) => answer.status,
          () => null,
        );
        if (status === null) return;
        expect(status).toBe(201);
        acknowledged.add(timestamp);
        if (acknowledged.size >= enough) process.kill('SIGKILL');
      }
    };
    await Promise.all(Array.from({ length: 8 }, client));
    await process.ended;
  }
  const store = await openStore(database.startsWith('/') ? database : addressOf(database));
  try {
    const rows = await store.all<{ timestamp: string }>('SELECT timestamp FROM snapshots');
    const stored = new Set(rows.map(({ timestamp }) => timestamp));
    expect([...acknowledged].filter((timestamp) => !stored.has(timestamp))).toEqual([]);
    expect(rows).toHaveLength(stored.size);
    // The history has each snapshot once, in its samples and in its sums.
    const samples = await store.get(
      "SELECT count(*) AS n FROM samples m JOIN series s ON s.id = m.series_id WHERE s.kind = 'system'",
    );
    expect(samples).toEqual({ n: stored.size });
    const days = await store.all<{ data: string }>(
      `SELECT r.data FROM rollups r JOIN series s ON s.id = r.series_id WHERE s.kind = 'system' AND r.length = 86400000`,
    );
    expect(days.map(({ data }) => JSON.parse(data)[0][0]).reduce((sum, count) => sum + count, 0)).toBe(stored.size);
  } finally {
    await store.close();
  }
}

test('kill -9 in a loop loses nothing that was acknowledged, and counts nothing twice', async () => {
  await expectNothingLost(join(site.directory, 'receiver.db'));
}, 120_000);

onPostgres(
  'kill -9 in a loop loses nothing on PostgreSQL',
  async () => {
    await expectNothingLost(await (await sharedCluster()).makeDatabase());
  },
  120_000,
);
