import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { openStore } from '../../../src/server/store/open.ts';
import { storeReport } from '../../../src/server/store/outages.ts';
import { insertSamples, insertSeries } from '../../../src/server/store/series.ts';
import { insertSnapshot, newestSnapshot } from '../../../src/server/store/snapshots.ts';
import { transfer } from '../../../src/server/store/transfer.ts';
import { needsThat } from '../../support/needs.ts';
import { addressOf, isPostgresInstalled, sharedCluster } from '../../support/postgres.ts';
import { freshDatabasePath } from '../helper.ts';

const onPostgres = needsThat(isPostgresInstalled, 'postgresql');

let path: string;
let remove: () => void;
beforeEach(() => {
  ({ path, remove } = freshDatabasePath());
});
afterEach(() => remove());

const snapshotCount = 450;
const jobCount = 1000;

/** Fills the file with rows of all kinds, among them values at the limits of both engines. */
async function fill(): Promise<void> {
  const store = await openStore(path);
  await store.transaction(async (writer) => {
    const seriesId = await insertSeries(writer, 'derecho', 'queue', 'main');
    for (let second = 0; second < snapshotCount; second++) {
      const timestamp = new Date(Date.parse('2026-01-01') + second * 1000).toISOString().slice(0, 19);
      await insertSnapshot(writer, {
        system: 'derecho',
        timestamp,
        receivedAt: timestamp,
        receivedFrom: 'é "quoted" \\ \n \u{1f600}',
        collectionFailed: null,
        body: new TextEncoder().encode(`{"second": ${second}}`),
        inHistory: 1,
      });
      await insertSamples(writer, [{ seriesId, at: second * 1000, data: `[${second}]` }]);
    }
    await storeReport(writer, {
      ...{ system: 'Derecho', title: 't', severity: 'minor', status: 'resolved', component: null, description: null },
      ...{ start: null, end: null, estimatedResolution: null, key: 'k', reportedAt: null },
      ...{ receivedAt: '2026-01-01T00:00:00', receivedFrom: 'u', body: new Uint8Array([0, 255]) },
    });
    const columns = ['cluster', 'job_id', 'user', 'account', 'partition', 'state', 'submit', 'cpu_hours', 'gpu_hours'];
    const numbers = ['cpus', 'gpus', 'nodes', 'received_at', 'received_from'];
    const target = { table: 'jobs', columns: [...columns, ...numbers], key: ['cluster', 'job_id', 'submit'] };
    const rows = Array.from({ length: jobCount }, (_, n) => [
      ...['c', `${n % 2 ? 'Z' : 'a'}${n}_é`, 'u', 'a', 'p', 'COMPLETED', '2026-01-01T00:00:00', n / 3, 4],
      ...[Number.MAX_SAFE_INTEGER, 0, 1, '', ''],
    ]);
    await writer.insertMany(target, rows);
  });
  await store.close();
}

async function freshTarget() {
  return addressOf(await (await sharedCluster()).makeDatabase());
}

const hashOfFile = () => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('a copy of an SQLite file to PostgreSQL', () => {
  onPostgres('has every row and leaves the file as it is, and new rows get new ids', async () => {
    await fill();
    const before = hashOfFile();
    const target = await freshTarget();
    const seen: string[] = [];
    const rows = await transfer(path, target, (table, copied, total) => seen.push(`${table} ${copied} of ${total}`));
    expect(rows).toBe(2 * snapshotCount + 2 + jobCount);
    expect(hashOfFile()).toBe(before);
    expect(seen).toContain('snapshots 200 of 450');
    expect(seen).toContain('jobs 1000 of 1000');
    const store = await openStore(target);
    expect(await newestSnapshot(store, 'derecho')).toMatchObject({
      id: snapshotCount,
      timestamp: '2026-01-01T00:07:29',
    });
    expect(await store.get('SELECT sum(cpu_hours) AS hours, max(cpus) AS cpus FROM jobs')).toEqual({
      hours: expect.closeTo((jobCount * (jobCount - 1)) / 6, 6),
      cpus: Number.MAX_SAFE_INTEGER,
    });
    const id = await store.transaction((writer) => insertSeries(writer, 'derecho', 'queue', 'new'));
    expect(id).toBe(2);
    await store.close();
    await expect(transfer(path, target, () => undefined)).rejects.toThrow('has data: give an empty database');
  });

  onPostgres('that was interrupted goes on after its last row', async () => {
    await fill();
    const target = await freshTarget();
    const interrupted = transfer(path, target, (table, copied) => {
      if (table === 'jobs' && copied === 400) throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    const seen: string[] = [];
    expect(await transfer(path, target, (table, copied) => seen.push(`${table} ${copied}`))).toBeGreaterThan(jobCount);
    expect(seen).toEqual(['jobs 600', 'jobs 800', 'jobs 1000']);
  });

  onPostgres('of a file that changed meanwhile is not called done', async () => {
    await fill();
    const target = await freshTarget();
    const interrupted = transfer(path, target, (table) => {
      if (table === 'jobs') throw new Error('interrupted');
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    const database = new Database(path);
    database.run("UPDATE outages SET title = 'changed'");
    database.close();
    await expect(transfer(path, target, () => undefined)).rejects.toThrow('The copy of outages differs from the file');
  });

  onPostgres('is refused if the database has data', async () => {
    await fill();
    const target = await freshTarget();
    const store = await openStore(target);
    await store.transaction((writer) => writer.run("INSERT INTO clusters (name, last_received_at) VALUES ('c', '')"));
    await store.close();
    await expect(transfer(path, target, () => undefined)).rejects.toThrow('has data: give an empty database');
  });

  onPostgres('of text with NUL names the table and the row', async () => {
    await (await openStore(path)).close();
    const database = new Database(path);
    database.run("INSERT INTO clusters (name, last_received_at) VALUES ('c' || char(0), '')");
    database.close();
    await expect(transfer(path, await freshTarget(), () => undefined)).rejects.toThrow('A row of clusters from c');
  });
});
