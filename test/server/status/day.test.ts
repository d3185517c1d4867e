/** A day of deliveries in any order, with gaps and failed probes: the history is what a plain calculation gives. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import { randomFrom } from '../../bench/random.ts';
import { type Json, overEngines, startForTest, type TestReceiver } from '../helper.ts';
import { derechoSample } from '../samples.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Midnight of the day before yesterday: short buckets of users are for the last 14 days. */
const midnight = Math.floor(Date.now() / dayMs) * dayMs - 2 * dayMs;
const random = randomFrom(42);

type User = { username: string; cores_allocated: number; queue_name: string };
type Snapshot = { at: number; running_jobs: number; pending: number; failed: boolean; users: User[]; up: boolean };

/** Every 10 minutes, but for two hours without snapshots and some that are missing. */
const day: readonly Snapshot[] = Array.from({ length: 144 }, (_, index) => midnight + index * 600_000)
  .filter((at) => (at < midnight + 5 * hourMs || at >= midnight + 7 * hourMs) && random(12) > 0)
  .map((at) => ({
    at,
    running_jobs: random(500),
    pending: random(90),
    failed: random(9) === 0,
    up: random(6) > 0,
    users: ['ada', 'bob', 'eve', 'dan']
      .filter(() => random(3) > 0)
      .map((username) => ({ username, cores_allocated: 10 * random(3), queue_name: random(2) ? 'main' : 'gpumain' })),
  }));

const shuffled = day
  .map((snapshot) => ({ snapshot, place: random(1e6) }))
  .sort((a, b) => a.place - b.place)
  .map(({ snapshot }) => snapshot);

function bodyOf({ at, running_jobs, pending, users, up }: Snapshot): Json {
  return {
    ...derechoSample,
    timestamp: new Date(at).toISOString(),
    running_jobs,
    queues: [{ queue_name: 'main', pending_jobs: pending }],
    login_nodes: [{ node_name: 'derecho1', available: up }],
    user_project_queues: users.map((user) => ({ ...user, project_code: `P-${user.username}`, running_jobs: 1 })),
  };
}

/** The snapshots of each bucket of the day. */
function bucketsOf(stepMs: number): Snapshot[][] {
  return Array.from({ length: dayMs / stepMs }, (_, index) =>
    day.filter(({ at }) => Math.floor((at - midnight) / stepMs) === index),
  );
}

const sum = (values: readonly number[]) => values.reduce((before, value) => before + value, 0);
const average = (values: readonly number[]) =>
  values.length === 0 ? null : Number((sum(values) / values.length).toPrecision(12));

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    for (const snapshot of shuffled) {
      const headers = { 'X-Collection-Failed': snapshot.failed ? 'reservations' : '' };
      expect(await receiver.post('derecho', bodyOf(snapshot), headers)).toMatchObject({ status: 201 });
    }
  }, 60_000);
  afterAll(() => receiver.remove());

  const ask = async (path: string, step: number) => {
    const window = `from=${new Date(midnight).toISOString()}&to=${new Date(midnight + dayMs).toISOString()}`;
    const { status, body } = await receiver.get(`derecho/${path}?${window}&step=${step / 1000}`);
    expect(status).toBe(200);
    return body;
  };

  test.each([10 * 60_000, 30 * 60_000, hourMs, 3 * hourMs, dayMs])('in buckets of %d ms', async (step) => {
    const buckets = bucketsOf(step);
    const system = await ask('history', step);
    expect(system.snapshots).toEqual(buckets.map(({ length }) => length));
    expect((system.failed_probes as Json).reservations).toEqual(
      buckets.map((list) => list.filter(({ failed }) => failed).length),
    );
    expect((system.fields as Json).running_jobs).toEqual({
      average: buckets.map((list) => average(list.map(({ running_jobs }) => running_jobs))),
      minimum: buckets.map((list) => (list.length ? Math.min(...list.map((one) => one.running_jobs)) : null)),
      maximum: buckets.map((list) => (list.length ? Math.max(...list.map((one) => one.running_jobs)) : null)),
    });
    const queue = await ask('queues/main/history', step);
    expect((queue.fields as Record<string, Json>).pending_jobs?.average).toEqual(
      buckets.map((list) => average(list.map(({ pending }) => pending))),
    );

    const users = await ask('users', step);
    const coresOf = (name: string | null) =>
      buckets.map((list) =>
        average(
          list.map((one) =>
            sum(
              one.users
                .filter(({ username }) => name === null || username === name)
                .map((user) => user.cores_allocated),
            ),
          ),
        ),
      );
    expect(users.total).toEqual(coresOf(null));
    for (const { name, average: values } of users.series as { name: string; average: unknown }[]) {
      expect({ name, values }).toEqual({ name, values: coresOf(name) });
    }
  });

  test('the states hold until the next snapshot, and at most 10 minutes', async () => {
    const { seconds } = (await ask('states', dayMs)) as { seconds: Record<string, number[]> };
    const lengths = day.map(({ at }, index) =>
      Math.min(600, ((day[index + 1]?.at ?? Number.POSITIVE_INFINITY) - at) / 1000),
    );
    const expected = (up: boolean) => sum(lengths.filter((_, index) => day[index]?.up === up));
    expect(seconds.up).toEqual([expected(true)]);
    expect(seconds.down).toEqual([expected(false)]);
    expect(seconds.unknown).toEqual([86_400 - sum(lengths)]);
  });

  test('the newest snapshot is the last of the day', async () => {
    const last = day.at(-1);
    const { body } = await receiver.get('derecho/latest');
    expect(body.running_jobs).toBe(last?.running_jobs);
  });
});
