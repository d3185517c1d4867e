import { afterEach, beforeEach, expect, test } from 'bun:test';
import { parseUserKey, spansAt, storeUserSpans } from '../../../src/server/status/spans.ts';
import { openStore } from '../../../src/server/store/open.ts';
import type { Store } from '../../../src/server/store/port.ts';
import { neighboursOf } from '../../../src/server/store/resources.ts';
import { insertSnapshot } from '../../../src/server/store/snapshots.ts';
import { freshDatabase, overEngines } from '../helper.ts';

const counters = {
  running_jobs: 1,
  pending_jobs: 0,
  held_jobs: 0,
  cores_allocated: 0,
  gpus_allocated: 0,
  nodes_allocated: 0,
  cores_pending: 0,
  gpus_pending: 0,
  cores_held: 0,
  gpus_held: 0,
};
const rowOf = (
  username: string,
  rest: Partial<typeof counters & { project_code: string; queue_name: string }> = {},
) => ({
  ...{ username, project_code: 'P1', queue_name: 'main' },
  ...counters,
  ...rest,
});
const at = (minute: number, second = 0) =>
  `2026-03-01T10:${String(minute).padStart(2, '0')}:${String(second).padStart(2, '0')}`;

overEngines((engine) => {
  let store: Store;
  let remove: () => void;
  beforeEach(async () => {
    const fresh = await freshDatabase(engine);
    store = await openStore(fresh.database);
    remove = fresh.remove;
  });
  afterEach(async () => {
    await store.close();
    remove();
  });

  const see = (minute: number, rows: readonly ReturnType<typeof rowOf>[], { system = 's', second = 0 } = {}) =>
    store.transaction(async (writer) => {
      const snapshot = {
        system,
        timestamp: at(minute, second),
        receivedAt: '',
        receivedFrom: '',
        collectionFailed: null,
      };
      await insertSnapshot(writer, { ...snapshot, body: new Uint8Array(), inHistory: 1 });
      const neighbours = await neighboursOf(writer, system, at(minute, second));
      return await storeUserSpans(writer, system, at(minute, second), rows, neighbours);
    });
  const spans = async () =>
    (await store.all<Record<string, string>>('SELECT system, key, first_seen, last_seen FROM spans ORDER BY id')).map(
      ({ system, key = '', first_seen, last_seen }) => [system, parseUserKey(key).username, first_seen, last_seen],
    );

  test('each of several spans is extended by itself, and reads back its own start and end', async () => {
    await see(0, [rowOf('ada'), rowOf('bob'), rowOf('eve')]);
    await see(5, [rowOf('ada'), rowOf('bob', { running_jobs: 2 })]);
    await see(10, [rowOf('ada'), rowOf('bob', { running_jobs: 2 }), rowOf('eve')]);
    expect(await spans()).toEqual([
      ['s', 'ada', at(0), at(10)],
      ['s', 'bob', at(0), at(0)],
      ['s', 'eve', at(0), at(0)],
      ['s', 'bob', at(5), at(10)],
      ['s', 'eve', at(10), at(10)],
    ]);
    const startOf = await spansAt(store, 's', at(10));
    const starts = ['ada', 'bob', 'eve', 'dan'].map((username) => startOf(rowOf(username))?.first);
    expect(starts).toEqual([at(0), at(5), at(10), undefined]);
  });

  test('spans of another system, project or queue are others', async () => {
    const others = [rowOf('ada', { project_code: 'P2' }), rowOf('ada', { queue_name: 'gpu' }), rowOf('ada')];
    expect(await see(0, others)).toHaveLength(3);
    expect(await see(5, others.slice(0, 2), { system: 'other' })).toHaveLength(2);
    expect(await see(5, others.toReversed())).toEqual([]);
    expect(await spans()).toEqual([
      ...Array(3).fill(['s', 'ada', at(0), at(5)]),
      ...Array(2).fill(['other', 'ada', at(5), at(5)]),
    ]);
  });

  test.each(Object.keys(counters))('another %s begins another span', async (name) => {
    await see(0, [rowOf('ada')]);
    expect(await see(1, [rowOf('ada', { [name]: 7 })])).toHaveLength(1);
  });

  test('counters that come back after a change begin a span of their own', async () => {
    for (const [minute, running_jobs] of [1, 2, 1].entries()) await see(minute, [rowOf('ada', { running_jobs })]);
    expect((await spans()).map(([, , first, last]) => [first, last])).toEqual([0, 1, 2].map((of) => [at(of), at(of)]));
  });

  test('a late snapshot joins the spans at both sides, or splits the one around it', async () => {
    await see(0, [rowOf('ada'), rowOf('bob')]);
    await see(10, [rowOf('ada'), rowOf('bob')]);
    expect(await see(5, [rowOf('ada'), rowOf('bob', { running_jobs: 2 })])).toHaveLength(1);
    expect((await spans()).map(([, ...span]) => span).sort()).toEqual([
      ['ada', at(0), at(10)],
      ['bob', at(0), at(0)],
      ['bob', at(5), at(5)],
      ['bob', at(10), at(10)],
    ]);
    await see(40, [rowOf('ada')]);
    await see(25, [rowOf('ada')]);
    expect((await spans()).map(([, ...span]) => span)).toContainEqual(['ada', at(0), at(40)]);
  });

  test('a gap of 20 minutes is within a span, a longer one is not', async () => {
    await see(0, [rowOf('ada')]);
    expect(await see(20, [rowOf('ada')])).toEqual([]);
    expect(await see(40, [rowOf('ada')], { second: 1 })).toHaveLength(1);
  });
});
