/** The order of a backlog: current first where that is safe or wanted, otherwise strictly oldest first. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import type { SamSettings } from '../../src/config/sam.ts';
import { samDestination } from '../../src/delivery/sam.ts';
import type { NewEntry } from '../../src/outbox/entry.ts';
import { choicesOf } from '../../src/outbox/order.ts';
import { waitingOf } from '../../src/outbox/waiting.ts';
import {
  accepted,
  answer,
  drainInto,
  drainTo,
  openOutbox,
  type Seen,
  settingsFor,
  startFixture,
  type TestOutbox,
} from './helper.ts';

const inAnyOrder = answer(201, { success: true, status_id: 7 }, { 'X-Snapshot-Order': 'any' });
const newestFirst = { settings: { catch_up: 'newest-first' } } as const;

/** What was sent, as `STREAM NUMBER`. */
const sent = (seen: readonly Seen[]) =>
  seen.map(({ path, body }) => `${path.split('/').at(-1)} ${(JSON.parse(body) as { number: number }).number}`);

function fill(box: TestOutbox, systems: readonly string[]): void {
  for (const system of systems) box.add(system);
}

/** Adds an entry for the destination `ours`. */
function addOurs(box: TestOutbox, system: string, rest: Partial<NewEntry> = {}): string {
  return box.add(system, { stream: `ours/${system}`, destination: 'ours', ...rest });
}

function fillOurs(box: TestOutbox, systems: readonly string[]): void {
  for (const system of systems) addOurs(box, system);
}

/** Drains into the destination `ours`, which has no setting for the order. */
function drainOurs(box: TestOutbox, url: string, settings: Partial<SamSettings> = {}) {
  return drainInto(box, samDestination(settingsFor(url, settings), 'the env file', 'ours'));
}

test('to a server that announces no order, all entries are sent oldest first', async () => {
  using fixture = await startFixture(() => accepted());
  fill(fixture.box, ['a', 'b', 'a', 'b', 'a']);
  await drainTo(fixture.box, fixture.server.url);
  expect(sent(fixture.server.seen)).toEqual(['a 1', 'b 2', 'a 3', 'b 4', 'a 5']);
});

describe('to a server that stores snapshots right in any order', () => {
  test('the newest of each stream goes first, then the backlog, oldest first', async () => {
    using fixture = await startFixture(() => inAnyOrder);
    const { box, server } = fixture;
    fillOurs(box, ['a']);
    await drainOurs(box, server.url);
    fillOurs(box, ['a', 'b', 'a', 'b', 'a', 'b', 'c']);
    await drainOurs(box, server.url);
    expect(sent(server.seen).slice(1)).toEqual(['a 6', 'b 7', 'c 8', 'a 2', 'b 3', 'a 4', 'b 5']);
  });

  test('the first contact finds that out: the rest of the backlog goes newest first', async () => {
    using fixture = await startFixture(() => inAnyOrder);
    fillOurs(fixture.box, ['a', 'a', 'a', 'a', 'a']);
    await drainOurs(fixture.box, fixture.server.url);
    expect(sent(fixture.server.seen)).toEqual(['a 1', 'a 2', 'a 5', 'a 3', 'a 4']);
  });

  test('each entry is sent complete, however late', async () => {
    using fixture = await startFixture(() => inAnyOrder);
    const { box, server } = fixture;
    await drainAfter(box, server.url, () => fillOurs(box, ['a']));
    const parts = { user_project_queues: [{ a: 1 }], reservations: [{ a: 1 }] };
    const bodies = [1, 2, 3].map((number) => JSON.stringify({ number, ...parts }));
    await drainAfter(box, server.url, () => {
      for (const body of bodies) addOurs(box, 'a', { body });
    });
    expect(server.seen.slice(1).map(({ body }) => body)).toEqual([bodies[2], bodies[0], bodies[1]] as string[]);
  });

  test('sam gets entries oldest first, and late ones without user rows and reservations, unless configured otherwise', async () => {
    using fixture = await startFixture(() => inAnyOrder);
    const { box, server } = fixture;
    const add = (number: number) => box.add('a', { body: JSON.stringify({ number, user_project_queues: [{ a: 1 }] }) });
    for (const number of [1, 2, 3]) add(number);
    await drainTo(box, server.url);
    for (const number of [4, 5, 6]) add(number);
    await drainTo(box, server.url, newestFirst);
    expect(sent(server.seen)).toEqual(['a 1', 'a 2', 'a 3', 'a 6', 'a 4', 'a 5']);
    const rows = server.seen.map(({ body }) => JSON.parse(body).user_project_queues.length);
    expect(rows).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('the order can be oldest first by a setting', async () => {
    using fixture = await startFixture(() => inAnyOrder);
    const { box, server } = fixture;
    fillOurs(box, ['a']);
    await drainOurs(box, server.url, { catch_up: 'oldest-first' });
    fillOurs(box, ['a', 'a', 'a']);
    await drainOurs(box, server.url, { catch_up: 'oldest-first' });
    expect(sent(server.seen)).toEqual(['a 1', 'a 2', 'a 3', 'a 4']);
  });

  test('a snapshot that is stored during the backlog goes before the rest of it', async () => {
    let box: TestOutbox | null = null;
    using fixture = await startFixture((_, before) => {
      if (before === 3 && box !== null) addOurs(box, 'a');
      return inAnyOrder;
    });
    box = fixture.box;
    fillOurs(box, ['a']);
    await drainOurs(box, fixture.server.url);
    fillOurs(box, ['a', 'a', 'a', 'a', 'a', 'a']);
    await drainOurs(box, fixture.server.url);
    const order = sent(fixture.server.seen);
    expect(order.slice(0, 4)).toEqual(['a 1', 'a 7', 'a 2', 'a 3']);
    // One entry was noted as about to be sent when the new one was stored.
    expect(order.slice(4).filter((one) => one !== 'a 8')).toEqual(['a 4', 'a 5', 'a 6']);
    expect(order.indexOf('a 8')).toBeLessThan(7);
  });

  test('another server at its address is detected, and gets late entries without user rows', async () => {
    let isSam = false;
    using fixture = await startFixture(() => (isSam ? accepted() : inAnyOrder));
    const { box, server } = fixture;
    await drainAfter(box, server.url, () => fillOurs(box, ['a']));
    isSam = true;
    await drainAfter(box, server.url, () => {
      for (let number = 2; number < 6; number++)
        addOurs(box, 'a', { body: JSON.stringify({ number, user_project_queues: [{ a: 1 }] }) });
    });
    const rows = server.seen.slice(1).map(({ body }) => {
      const { number, user_project_queues } = JSON.parse(body) as { number: number; user_project_queues: unknown[] };
      return [number, user_project_queues.length];
    });
    expect(rows).toEqual([
      [5, 1],
      [2, 0],
      [3, 0],
      [4, 0],
    ]);
  });

  async function drainAfter(box: TestOutbox, url: string, add: () => void): Promise<void> {
    add();
    await drainOurs(box, url);
  }
});

describe('catch_up: newest-first to SAM', () => {
  test('late entries go without user rows; outages stay in their order', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    for (let number = 1; number < 4; number++)
      box.add('a', { body: JSON.stringify({ number, user_project_queues: [{ a: 1 }] }) });
    fill(box, ['outage', 'outage', 'outage']);
    await drainTo(box, server.url, newestFirst);
    expect(sent(server.seen)).toEqual(['a 3', 'a 1', 'a 2', 'outage 4', 'outage 5', 'outage 6']);
    const rows = server.seen.slice(0, 3).map(({ body }) => JSON.parse(body).user_project_queues.length);
    expect(rows).toEqual([1, 0, 0]);
  });

  test('while it is down, the pause applies to newer entries too, and grows', async () => {
    using fixture = await startFixture(() => answer(503));
    const { box, server } = fixture;
    const rests: number[] = [];
    for (let drains = 0; drains < 5; drains++) {
      fill(box, ['a', 'a']);
      const before = Date.now();
      expect((await drainTo(box, server.url, { ...newestFirst, ignoreRest: true, maxSeconds: 0.5 })).stopped).toEqual([
        'sam/a',
      ]);
      const [next] = choicesOf(box.outbox, null);
      rests.push(Math.round(((next?.restsUntil?.getTime() ?? 0) - before) / 60_000));
      fill(box, ['a']);
      expect((await drainTo(box, server.url, newestFirst)).resting).toEqual(['sam/a']);
    }
    expect(rests).toEqual([1, 2, 4, 8, 15]);
    expect(new Set(sent(server.seen)).size).toBe(5);
  });

  test('a newest entry that alone is refused does not block the backlog', async () => {
    using fixture = await startFixture(({ body }) => (body.includes('"bad"') ? answer(503) : accepted()));
    const { box, server } = fixture;
    fill(box, ['a', 'a']);
    const bad = box.add('a', { body: '{"number":"bad"}' });
    for (let drains = 0; drains < 5; drains++)
      await drainTo(box, server.url, { ...newestFirst, ignoreRest: true, maxSeconds: 0.5 });
    expect(box.entry(bad).state).toBe('rejected');
    await drainTo(box, server.url, { ...newestFirst, ignoreRest: true });
    expect(box.outbox.countPending(null)).toBe(0);
  });

  test('an entry that was imported later but collected earlier is not the newest one', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    fill(box, ['a', 'a']);
    box.add('a', { collectedAt: new Date(Date.UTC(2025, 0, 1)) });
    await drainTo(box, server.url, newestFirst);
    expect(sent(server.seen)).toEqual(['a 2', 'a 1', 'a 3']);
  });

  test('outbox show names the entries that are sent before an entry', async () => {
    using fixture = await startFixture(() => answer(401));
    const { box, server } = fixture;
    const ids = ['a', 'a', 'a'].map((system) => box.add(system));
    await drainTo(box, server.url, newestFirst);
    const reasons = ids.map((id) => waitingOf(box.outbox, box.entry(id), new Date())?.reason.split(':')[0]);
    expect(reasons).toEqual([
      'the newest entry of its stream must be delivered first; the oldest is due',
      'the newest entry and 1 older entry of its stream must be delivered first; the oldest is due',
      'the next drain sends it',
    ]);
  });
});

describe('of any backlog', () => {
  const backlog = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 14 });

  /** The newest of each stream, then the rest, both in the order in which they were stored. */
  function currentFirst(entries: readonly string[]): string[] {
    const newest = (entry: string, index: number) => entries.lastIndexOf(entry) === index;
    const named = entries.map((system, index) => ({ name: `${system} ${index + 1}`, isNewest: newest(system, index) }));
    return [...named.filter(({ isNewest }) => isNewest), ...named.filter(({ isNewest }) => !isNewest)].map(
      ({ name }) => name,
    );
  }

  test('every entry is sent once: with newest-first the newest of each stream, then the oldest ones', async () => {
    await fc.assert(
      fc.asyncProperty(backlog, async (systems) => {
        using fixture = await startFixture(() => accepted());
        fill(fixture.box, systems);
        await drainTo(fixture.box, fixture.server.url, newestFirst);
        expect(sent(fixture.server.seen)).toEqual(currentFirst(systems));
      }),
      { numRuns: 25 },
    );
  });

  test('with failures in between, each stream is newest, then oldest first, and nothing is lost', async () => {
    await fc.assert(
      fc.asyncProperty(backlog, fc.array(fc.boolean(), { maxLength: 20 }), async (systems, failures) => {
        const accepts: string[] = [];
        using fixture = await startFixture((request, before) => {
          // An answer that is not about the entry, however often it comes.
          if (failures[before] === true) return answer(401);
          accepts.push(...sent([request]));
          return accepted();
        });
        fill(fixture.box, systems);
        for (let drains = 0; drains <= failures.length + 1; drains++)
          await drainTo(fixture.box, fixture.server.url, newestFirst);
        expect(fixture.box.outbox.countPending(null)).toBe(0);
        for (const system of new Set(systems)) {
          const of = (all: readonly string[]) => all.filter((one) => one.startsWith(`${system} `));
          expect(of(accepts)).toEqual(of(currentFirst(systems)));
        }
      }),
      { numRuns: 25 },
    );
  });
});

test('an outbox without newest-first streams lists the heads of its streams', () => {
  const box = openOutbox();
  fill(box, ['a', 'b', 'a']);
  expect(choicesOf(box.outbox, 'sam').map(({ entry, head }) => [entry.sequence, head.sequence])).toEqual([
    [1, 1],
    [2, 2],
  ]);
  box.close();
});

test('each request says which collector sends it, and how many entries are behind it', async () => {
  using fixture = await startFixture(() => accepted());
  const { box, server } = fixture;
  fill(box, ['a', 'b', 'a', 'a']);
  box.add('', { destination: 'history', stream: 'history/x' });
  await drainTo(box, server.url);
  const said = server.seen.map(({ headers }) => headers['x-collector'] ?? '');
  expect(said.map((header) => /; waiting=(\d+)$/.exec(header)?.[1])).toEqual(['3', '2', '1', '0']);
  expect(said[0]).toMatch(/^host=[\w.-]+; version=\d+\.\d+\.\d+\S*; waiting=3$/);
});
