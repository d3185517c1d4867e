import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, expect, test } from 'bun:test';
import { backFillSlice } from '../../../src/server/status/back-fill.ts';
import { migrations } from '../../../src/server/store/migrations.ts';
import { openStore } from '../../../src/server/store/open.ts';
import { until } from '../../support/until.ts';
import { freshDatabasePath, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { derechoSample, leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeEach(async () => {
    receiver = await startForTest({ engine });
  });
  afterEach(() => receiver.remove());

  const changes = () =>
    receiver.all(`SELECT at, status FROM resource_states WHERE resource = 'derecho.fs.glade' ORDER BY at`);
  const history = () => receiver.get('derecho/history?from=2025-11-25&to=2025-11-26&step=300');

  test('adds old snapshots in steps, each once, although it is interrupted', async () => {
    for (let minute = 10; minute < 20; minute++) {
      const filesystems = [{ filesystem_name: 'glade', degraded: minute % 3 === 0 }];
      const body = { ...derechoSample, timestamp: `2025-11-25T14:${minute}:00`, running_jobs: minute, filesystems };
      await receiver.post('derecho', body, { 'X-Collection-Failed': minute === 12 ? 'queues' : '' });
    }
    const before = await history();
    const changesBefore = await changes();
    await receiver.change('DELETE FROM samples');
    await receiver.change('DELETE FROM rollups');
    await receiver.change('DELETE FROM series');
    await receiver.change('DELETE FROM resource_states');
    await receiver.change('DELETE FROM resources');
    await receiver.change('UPDATE snapshots SET in_history = 0');
    const store = await openStore(receiver.database);
    const steps = [await backFillSlice(store)];
    await receiver.post('derecho', { ...derechoSample, timestamp: '2025-11-25T14:20:00', running_jobs: 20 });
    for (;;) {
      const added = await backFillSlice(store);
      if (added === 0) break;
      steps.push(added);
    }
    await store.close();
    expect(steps.reduce((sum, added) => sum + added, 0)).toBe(10);
    expect(steps.length).toBeGreaterThan(1);
    const after = await history();
    expect((after.body.snapshots as number[]).filter((count) => count > 0)).toEqual([5, 5, 1]);
    expect(after.body.failed_probes).toEqual(before.body.failed_probes);
    expect(await changes()).toEqual(changesBefore);
    const days = await receiver.get('derecho/queues/main/history?from=2025-11-25&to=2025-11-26&step=1d');
    expect(days.body.snapshots).toEqual([11]);
  });

  test('leaves out a snapshot that is not valid by the rules of today', async () => {
    await receiver.post('derecho', { ...leastTotals, timestamp: '2025-11-25T14:10:00' });
    const body = Buffer.from(Bun.zstdCompressSync('{"cpu_nodes_total": -1}')).toString('hex');
    const literal = engine === 'SQLite' ? `x'${body}'` : `'\\x${body}'`;
    await receiver.change(`UPDATE snapshots SET body = ${literal}, in_history = 0`);
    const store = await openStore(receiver.database);
    expect([await backFillSlice(store), await backFillSlice(store)]).toEqual([1, 0]);
    await store.close();
  });
});

test('a receiver adds the snapshots of an SQLite file of an older version', async () => {
  const { path, remove } = freshDatabasePath();
  const database = new Database(path, { create: true });
  for (const migration of migrations.slice(0, 4)) database.run(migration);
  database.run('PRAGMA user_version = 4');
  const body = Bun.zstdCompressSync(JSON.stringify({ ...leastTotals, running_jobs: 7 }));
  database.run(
    `INSERT INTO snapshots (system, timestamp, received_at, received_from, body)
     VALUES ('derecho', '2025-11-25T14:10:00', '', '', ?)`,
    [body],
  );
  database.run(`PRAGMA application_id = ${0x68706372}`);
  database.close();
  const receiver = await startForTest({ database: path });
  const query = 'derecho/history?from=2025-11-25&to=2025-11-26&step=1d&fields=running_jobs';
  await until(async () => (await receiver.get(query)).status === 200, 'the history has the system');
  expect((await receiver.get(query)).body.fields).toEqual({
    running_jobs: { average: [7], minimum: [7], maximum: [7] },
  });
  await receiver.remove();
  remove();
});
