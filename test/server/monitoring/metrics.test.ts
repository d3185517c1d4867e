/** Metrics of systems and of requests, whole. */

import { expect, test } from 'bun:test';
import { expositionText } from '../../../src/lib/exposition.ts';
import { about } from '../../../src/lib/version.ts';
import { getLiveness, getMetrics, getReadiness } from '../../../src/server/monitoring/api.ts';
import { createRequestCounts } from '../../../src/server/monitoring/request-counts.ts';
import { systemMetrics } from '../../../src/server/monitoring/system-metrics.ts';
import { openStatusStore } from '../status/stored.ts';

test('a system has its state, and the newest values of its parts', async () => {
  const { store, snapshot, close } = await openStatusStore();
  const batch = {
    node_types: [{ node_type: 't', nodes_total: 9, nodes_available: 7 }],
    login_nodes: [{ node_name: 'l', load_1min: 2.5 }],
    queues: [{ queue_name: 'q', pending_jobs: 8 }],
    filesystems: [
      { filesystem_name: 'f', used_tb: 12.5 },
      { filesystem_name: 'g', used_tb: 13.5, degraded: true },
    ],
  };
  await snapshot('derecho', '2026-03-01T11:55:00', batch, 'jobs, nodes');
  await snapshot('jupyterhub', '2026-03-01T11:56:00', { available: true, active_users: 5 });
  await snapshot('old', '2026-03-01T11:00:00', batch);
  const lines = expositionText(await systemMetrics(store, new Date('2026-03-01T12:00:00Z')))
    .trimEnd()
    .split('\n');
  await close();
  const states = (system: string, current: string) =>
    ['up', 'degraded', 'down', 'unknown'].map(
      (state) => `hpc_system_state{system="${system}",state="${state}"} ${state === current ? 1 : 0}`,
    );
  const head = (name: string, help: string) => [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`];
  expect(lines.slice(0, 22)).toEqual([
    ...head('hpc_system_state', '1 for the current state of a system.'),
    ...[...states('derecho', 'degraded'), ...states('jupyterhub', 'up'), ...states('old', 'unknown')],
    ...head('hpc_system_snapshot_timestamp_seconds', 'Time of the newest snapshot.'),
    ...['derecho 1772366100', 'jupyterhub 1772366160', 'old 1772362800'].map((line) =>
      line.replace(/(\w+) /, 'hpc_system_snapshot_timestamp_seconds{system="$1"} '),
    ),
    ...head('hpc_system_failed_probes', 'Probes that failed when the newest snapshot was collected.'),
    'hpc_system_failed_probes{system="derecho"} 2',
  ]);
  const values = lines.slice(24);
  expect(values.slice(0, 3)).toEqual([
    ...head('hpc_system_cpu_nodes_total', 'Value of the newest snapshot (help counting).'),
    'hpc_system_cpu_nodes_total{system="derecho"} 10',
  ]);
  for (const line of [
    'hpc_node_type_nodes_available{system="derecho",node_type="t"} 7',
    'hpc_login_node_load_1min{system="derecho",login_node="l"} 2.5',
    'hpc_queue_pending_jobs{system="derecho",queue="q"} 8',
    'hpc_filesystem_used_tb{system="derecho",filesystem="f"} 12.5',
    'hpc_filesystem_used_tb{system="derecho",filesystem="g"} 13.5',
    'hpc_filesystem_degraded{system="derecho",filesystem="g"} 1',
    'hpc_hub_active_users{system="jupyterhub"} 5',
  ]) {
    expect(values).toContain(line);
  }
  // Neither unknown values, nor old ones, nor failed probes by name.
  expect(values.filter((line) => /"old"|probe|load_5min|null/.test(line))).toEqual([]);
  expect(values.filter((line) => line.startsWith('# HELP hpc_filesystem_used_tb'))).toHaveLength(1);
});

test('requests are counted by method, route and status, and their time by route', () => {
  const { count, metrics } = createRequestCounts();
  expect(metrics().map(({ samples }) => samples)).toEqual([[], []]);
  count({ method: 'GET', route: '/a', status: 200, seconds: 0.25 });
  count({ method: 'GET', route: '/a', status: 404, seconds: 0.5 });
  count({ method: 'GET', route: '/a', status: 200, seconds: 1 });
  count({ method: 'PUT', route: null, status: 405, seconds: 2 });
  expect(expositionText(metrics()).trimEnd().split('\n')).toEqual([
    '# HELP hpc_receiver_requests_total Answered requests since the start of the receiver.',
    '# TYPE hpc_receiver_requests_total counter',
    'hpc_receiver_requests_total{method="GET",route="/a",status="200"} 2',
    'hpc_receiver_requests_total{method="GET",route="/a",status="404"} 1',
    'hpc_receiver_requests_total{method="other",route="none",status="405"} 1',
    '# HELP hpc_receiver_request_seconds_total Time spent on answering requests.',
    '# TYPE hpc_receiver_request_seconds_total counter',
    'hpc_receiver_request_seconds_total{method="GET",route="/a"} 1.75',
    'hpc_receiver_request_seconds_total{method="other",route="none"} 2',
  ]);
});

test('the receiver has its version, its size, its memory and its CPU time', async () => {
  const { store, snapshot, close } = await openStatusStore();
  await snapshot('derecho', '2026-03-01T11:00:00');
  const counts = createRequestCounts();
  counts.count({ method: 'GET', route: '/a', status: 200, seconds: 3 });
  const { response } = await getMetrics(store, counts)();
  expect([response.status, Object.fromEntries(response.headers)]).toEqual([
    200,
    { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
  ]);
  const text = await response.text();
  const before = process.cpuUsage();
  expect(
    text
      .replaceAll(/^(hpc_receiver_\w+) \d.*/gm, '$1 N')
      .split('\n')
      .slice(0, 12),
  ).toEqual([
    '# HELP hpc_receiver_info Version of the receiver.',
    '# TYPE hpc_receiver_info gauge',
    `hpc_receiver_info{version="${about.version}"} 1`,
    '# HELP hpc_receiver_database_bytes Size of the database.',
    '# TYPE hpc_receiver_database_bytes gauge',
    'hpc_receiver_database_bytes N',
    '# HELP hpc_receiver_memory_bytes Resident memory of the receiver.',
    '# TYPE hpc_receiver_memory_bytes gauge',
    'hpc_receiver_memory_bytes N',
    '# HELP hpc_receiver_cpu_seconds_total CPU time of the receiver.',
    '# TYPE hpc_receiver_cpu_seconds_total counter',
    'hpc_receiver_cpu_seconds_total N',
  ]);
  const numberOf = (name: string) => Number(new RegExp(`^hpc_receiver_${name} (.*)$`, 'm').exec(text)?.[1]);
  expect(numberOf('database_bytes')).toBe(await store.size());
  const seconds = numberOf('cpu_seconds_total');
  expect(seconds).toBeLessThanOrEqual((before.user + before.system) / 1e6);
  expect(seconds).toBeGreaterThan((before.user + before.system) / 2e6);
  expect(text).toContain('hpc_receiver_requests_total{method="GET",route="/a",status="200"} 1\n');
  expect(text).toContain('hpc_system_state{system="derecho",state="unknown"} 1\n');
  await close();
});

test('a receiver says that it is alive, and whether its database answers', async () => {
  const { store, close } = await openStatusStore();
  for (const handle of [getLiveness(), getReadiness(store)]) {
    const { response } = await handle();
    expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
  }
  await close();
  await expect(getReadiness(store)()).rejects.toThrow();
});
