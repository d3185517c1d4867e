import { afterAll, beforeAll, expect, test } from 'bun:test';
import { systemsAt } from '../../../src/server/status/systems.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { type Json, login, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { derechoSample, leastTotals } from '../samples.ts';

overEngines((engine) => {
  let receiver: TestReceiver;
  let store: Store;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    store = await openStore(receiver.database);
  });
  afterAll(async () => {
    await store.close();
    await receiver.remove();
  });

  const at = new Date('2026-03-02T10:00:00Z');
  const minutesLater = (minutes: number) => new Date(at.getTime() + minutes * 60_000);
  const send = async (system: string, rest: Json, headers: Record<string, string> = {}) => {
    const body = { ...leastTotals, timestamp: at.toISOString(), ...rest };
    expect(await receiver.post(system, body, headers)).toMatchObject({ status: 201 });
  };
  const outage = async (system_name: string, rest: Json) => {
    const start_time = '2026-03-02T09:00:00';
    const body = { system_name, title: 'Something', severity: 'minor', start_time, ...rest };
    expect(await receiver.post('outage', body)).toMatchObject({ status: 201 });
  };
  const systemAt = async (name: string, now: Date) =>
    (await systemsAt(store, now)).find((system) => system.name === name);

  test('a system has its state, the age of its newest snapshot, and its free resources', async () => {
    const { timestamp: _, ...snapshot } = derechoSample;
    const node_types = [{ node_type: 'gpu-v100', nodes_total: 8, nodes_available: 3, gpus_per_node: 4 }];
    await send('derecho', { ...snapshot, node_types }, { 'X-Collection-Failed': 'reservations' });
    expect(await systemAt('derecho', minutesLater(5))).toEqual({
      name: 'derecho',
      label: 'Derecho',
      kind: 'batch',
      state: 'up',
      reasons: [],
      since: '2026-03-02T10:00:00',
      uptime: { days: 90, percent: 100, percent_without_maintenance: 100, known_percent: expect.any(Number) },
      timestamp: '2026-03-02T10:00:00',
      received_at: expect.any(String),
      age: 300,
      failed_probes: ['reservations'],
      free: {
        cores: 76536,
        gpus: 171,
        nodes: 1850 + 45,
        node_types: [{ node_type: 'gpu-v100', nodes: 3, cores_per_node: null, gpus_per_node: 4 }],
      },
    });
  });

  test('without a snapshot for more than 10 minutes the state is unknown', async () => {
    await send('silent', {});
    expect(await systemAt('silent', minutesLater(10))).toMatchObject({ state: 'up' });
    expect(await systemAt('silent', minutesLater(11))).toMatchObject({
      state: 'unknown',
      reasons: ['No snapshot has arrived for 10 minutes'],
      since: '2026-03-02T10:10:00',
      age: 660,
    });
  });

  const node = (node_name: string, rest: Json = {}) => ({ node_name, ...rest });
  test.each([
    [
      'one-login',
      { login_nodes: [node('a'), node('b', { available: false })] },
      'degraded',
      'Login node b is not available',
    ],
    ['slow-login', { login_nodes: [node('a', { degraded: true })] }, 'degraded', 'Login node a is degraded'],
    ['no-login', { login_nodes: [node('a', { available: false })] }, 'down', 'No login node is available'],
    ['fs', { filesystems: [{ filesystem_name: 'f', available: false }] }, 'degraded', 'Filesystem f is not available'],
    ['nodes', { cpu_nodes_down: 10, gpu_nodes_down: 2 }, 'down', 'All compute nodes are down'],
  ])('%s: the snapshot decides', async (system, rest, state, reason) => {
    await send(system, rest);
    expect(await systemAt(system, at)).toMatchObject({ state, reasons: [reason] });
  });

  test('a hub that does not answer is down', async () => {
    await receiver.post('hub', { timestamp: at.toISOString(), available: false });
    expect(await systemAt('hub', at)).toMatchObject({ kind: 'hub', state: 'down', free: null });
  });

  test.each([
    ['minor', { severity: 'minor' }, 'degraded'],
    ['critical', { severity: 'critical' }, 'down'],
    ['part', { severity: 'critical', component: 'GPU nodes' }, 'degraded'],
    ['work', { severity: 'maintenance' }, 'down'],
    ['over', { severity: 'critical', status: 'resolved' }, 'up'],
    ['ended', { severity: 'critical', end_time: '2026-03-02T09:30:00' }, 'up'],
    ['planned', { severity: 'maintenance', start_time: '2026-03-02T11:00:00' }, 'up'],
  ])('an outage (%s) decides too', async (name, rest, state) => {
    await send(`outage-${name}`, {});
    await outage(`Outage-${name}`, rest);
    expect(await systemAt(`outage-${name}`, at)).toMatchObject({ state });
  });

  test('a late snapshot is history and not the current state', async () => {
    await send('replayed', {});
    const timestamp = '2026-03-02T09:00:00';
    await send('replayed', { timestamp, login_nodes: [node('a', { available: false })] });
    expect(await systemAt('replayed', at)).toMatchObject({ state: 'up', timestamp: '2026-03-02T10:00:00' });
  });

  test('GET /api/v1/systems lists them by name', async () => {
    const response = await fetch(`${receiver.url}/api/v1/systems`, { headers: login });
    const systems = (await response.json()) as { name: string }[];
    expect(response.status).toBe(200);
    expect(systems.map(({ name }) => name)).toContain('derecho');
    expect(systems.map(({ name }) => name)).toEqual(systems.map(({ name }) => name).toSorted());
  });
});
