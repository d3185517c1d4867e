import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { StateCondition } from '../../../src/server/status/conditions.ts';
import { storeConditions } from '../../../src/server/status/resource-states.ts';
import type { SystemState } from '../../../src/server/status/state.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { listStates, neighboursOf } from '../../../src/server/store/resources.ts';
import { insertSnapshot } from '../../../src/server/store/snapshots.ts';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { leastTotals } from '../samples.ts';

/** Minutes after the first snapshot of a test. */
const at = (minute: number) => new Date(Date.UTC(2026, 2, 1, 10) + minute * 60_000).toISOString().slice(0, 19);
const scratch = (state: Json) => ({ filesystems: [{ filesystem_name: '/scratch', ...state }] });
const up = {};
const degraded = { degraded: true };
const down = { available: false };

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

  async function post(system: string, minute: number, members: Json) {
    const { status } = await receiver.post(system, { ...leastTotals, timestamp: at(minute), ...members });
    expect(status).toBe(201);
  }

  /** The changes of a resource, oldest first, as `MINUTE STATUS`. */
  async function changes(resource: string): Promise<string[]> {
    const rows = await listStates(store, { resource, from: null, before: null }, null, 1000);
    return rows
      .reverse()
      .map((row) => `${(Date.parse(`${row.at}Z`) - Date.parse(`${at(0)}Z`)) / 60_000} ${row.status}`);
  }

  test('a change is stored once, with the time of the snapshot that shows it', async () => {
    const series = [up, up, degraded, degraded, down, up];
    for (const [index, state] of series.entries()) await post('series', index * 5, scratch(state));
    expect(await changes('series.fs.~2Fscratch')).toEqual(['0 up', '10 degraded', '20 down', '25 up']);
  });

  test('after 10 minutes without a snapshot the status is unknown, until the next snapshot', async () => {
    await post('silent', 0, scratch(up));
    await post('silent', 10, scratch(up));
    await post('silent', 21, scratch(up));
    expect(await changes('silent.fs.~2Fscratch')).toEqual(['0 up', '20 unknown', '21 up']);
  });

  test('a resource that is missing from a snapshot is gone until it comes back', async () => {
    for (const [minute, members] of [
      [0, scratch(up)],
      [5, {}],
      [10, scratch(up)],
    ] as const) {
      await post('missing', minute, members);
    }
    expect(await changes('missing.fs.~2Fscratch')).toEqual(['0 up', '5 gone', '10 up']);
  });

  test('the order in which snapshots arrive makes no difference', async () => {
    let systems = 0;
    const snapshot = fc.record({
      minute: fc.nat({ max: 45 }),
      status: fc.constantFrom<SystemState | null>('up', 'degraded', 'unknown', null),
    });
    const lists = fc.uniqueArray(snapshot, { minLength: 2, maxLength: 6, selector: ({ minute }) => minute });
    const orders = lists.chain((list) =>
      fc.tuple(
        fc.constant([...list].sort((a, b) => a.minute - b.minute)),
        fc.shuffledSubarray(list, { minLength: list.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(orders, async ([sorted, shuffled]) => {
        systems += 1;
        for (const [order, list] of Object.entries({ sorted, shuffled })) {
          await store.transaction(async (writer) => {
            for (const { minute, status } of list) {
              const [system, timestamp] = [`${order}-${systems}`, at(minute)];
              const received = { receivedAt: timestamp, receivedFrom: '', collectionFailed: null };
              await insertSnapshot(writer, { system, timestamp, ...received, body: new Uint8Array(), inHistory: 1 });
              const found: StateCondition[] = status === null ? [] : [{ kind: 'filesystem', name: 'scratch', status }];
              await storeConditions(writer, system, timestamp, found, await neighboursOf(writer, system, timestamp));
            }
          });
        }
        expect(await changes(`shuffled-${systems}.fs.scratch`)).toEqual(await changes(`sorted-${systems}.fs.scratch`));
      }),
      { numRuns: 100 },
    );
  });

  test('a late snapshot leaves the changes of snapshots that were deleted', async () => {
    for (const [minute, state] of [
      [0, up],
      [5, down],
      [10, up],
      [15, up],
    ] as const) {
      await post('thinned', minute, scratch(state));
    }
    await receiver.change(`DELETE FROM snapshots WHERE system = 'thinned' AND timestamp < '${at(15)}'`);
    const before = await changes('thinned.fs.~2Fscratch');
    await post('thinned', 7, scratch(up));
    expect(await changes('thinned.fs.~2Fscratch')).toEqual(before);
  });

  /** The newest status of every resource of a system. */
  async function statuses(system: string): Promise<Record<string, string>> {
    const rows = await receiver.all<{ resource: string; status: string }>(
      `SELECT resource, status FROM resource_states WHERE resource LIKE '${system}%' ORDER BY at`,
    );
    return Object.fromEntries(rows.map(({ resource, status }) => [resource.slice(system.length), status]));
  }

  const login = (...states: Json[]) => ({
    login_nodes: states.map((state, index) => ({ node_name: `login${index}`, ...state })),
  });
  const queue = (definition: Json | null) => ({
    queues: [{ queue_name: 'main' }],
    queue_definitions: definition === null ? null : [{ queue_name: 'main', ...definition }],
  });

  test.each<[string, Json, string, string]>([
    ['nodes-up', {}, '', 'up'],
    ['all-down', { cpu_nodes_down: 10, gpu_nodes_down: 2 }, '', 'down'],
    ['logins', login(up, up), '.login', 'up'],
    ['a-login-down', login(up, down), '.login', 'degraded'],
    ['a-login-slow', login(up, degraded), '.login', 'degraded'],
    ['logins-down', login(down, down), '.login', 'down'],
    ['runs', queue({ enabled: true, started: true }), '.queue.main', 'up'],
    ['takes-jobs', queue({ enabled: true, started: false }), '.queue.main', 'degraded'],
    ['drains', queue({ enabled: false, started: true }), '.queue.main', 'degraded'],
    ['stopped', queue({ enabled: false, started: false }), '.queue.main', 'down'],
    ['undefined', queue(null), '.queue.main', 'unknown'],
  ])('%s: %j gives %p the status %s', async (system, members, resource, status) => {
    await post(system, 0, members);
    expect(await statuses(system)).toMatchObject({ [resource]: status });
  });

  test('a hub has one status', async () => {
    await receiver.post('hub', { available: false, active_users: 1, active_sessions: 1 });
    expect(await statuses('hub')).toEqual({ '': 'down' });
  });
});
