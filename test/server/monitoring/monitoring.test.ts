/** /healthz, /readyz and /metrics. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { renameSync } from 'node:fs';
import { expositionNumbers } from '../../support/exposition.ts';
import { login, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { derechoSample, jupyterhubSample } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
  });
  afterAll(() => receiver.remove());

  const read = async (path: string) => {
    const response = await fetch(`${receiver.url}${path}`, { headers: login });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };
  const metrics = async () => {
    const { status, type, text } = await read('/metrics');
    expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    return Object.fromEntries(expositionNumbers(text));
  };

  test('the receiver is alive and ready', async () => {
    for (const path of ['/healthz', '/readyz']) {
      expect(await read(path)).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    }
  });

  test('metrics have the newest values of every system, without unknown ones', async () => {
    const timestamp = new Date().toISOString();
    await receiver.post('derecho', { ...derechoSample, timestamp }, { 'X-Collection-Failed': 'queues' });
    await receiver.post('jupyterhub', { ...jupyterhubSample, timestamp });
    await receiver.post('old', { ...derechoSample, timestamp: '2026-03-01T10:00:00' });
    const found = await metrics();
    expect(found).toMatchObject({
      'hpc_system_state{system="derecho",state="up"}': 1,
      'hpc_system_state{system="old",state="unknown"}': 1,
      'hpc_system_snapshot_timestamp_seconds{system="old"}': Date.parse('2026-03-01T10:00:00Z') / 1000,
      'hpc_system_failed_probes{system="derecho"}': 1,
      'hpc_system_cpu_cores_idle{system="derecho"}': 76_536,
      'hpc_queue_running_jobs{system="derecho",queue="main"}': 890,
      'hpc_login_node_load_1min{system="derecho",login_node="derecho5"}': 1.1,
      'hpc_filesystem_used_tb{system="derecho",filesystem="glade"}': 16_500,
      'hpc_hub_active_sessions{system="jupyterhub"}': 72,
    });
    expect(Object.keys(found).filter((name) => name.includes('"old"') && name.includes('jobs'))).toEqual([]);
    expect(Object.keys(found).filter((name) => name.startsWith('hpc_hub_jobs_running'))).toEqual([]);
  });

  test('metrics count the requests by route, and show the size of the database', async () => {
    const before = await metrics();
    await read('/api/v1/status/derecho/latest');
    await read('/api/v1/status/nowhere/latest');
    await read('/no/such/page');
    const after = await metrics();
    const counted = (labels: string) => {
      const name = `hpc_receiver_requests_total{${labels}}`;
      return (after[name] ?? 0) - (before[name] ?? 0);
    };
    const latest = 'method="GET",route="/api/v1/status/:system/latest"';
    expect(counted(`${latest},status="200"`)).toBe(1);
    expect(counted(`${latest},status="404"`)).toBe(1);
    expect(counted('method="other",route="none",status="404"')).toBe(1);
    expect(after.hpc_receiver_database_bytes).toBeGreaterThan(10_000);
    expect(after.hpc_receiver_memory_bytes).toBeGreaterThan(1e6);
  });
});

test('a receiver whose database was moved away is alive and not ready', async () => {
  const receiver = await startForTest();
  renameSync(receiver.path, `${receiver.path}.moved`);
  const statusOf = async (path: string) => (await fetch(`${receiver.url}${path}`)).status;
  expect([await statusOf('/healthz'), await statusOf('/readyz')]).toEqual([200, 503]);
  renameSync(`${receiver.path}.moved`, receiver.path);
  await receiver.remove();
});
