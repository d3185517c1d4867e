/** What is sent after something newer, or before the newest, must not harm what the API has. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { password, startForTest, type TestReceiver, user } from '../server/helper.ts';
import { snapshotBody } from '../support/filled-outbox.ts';
import { accepted, drainTo, openOutbox, type Seen, startFixture, startScripted, type TestOutbox } from './helper.ts';

const first = Date.UTC(2026, 0, 1, 12);
const minutes = (count: number) => new Date(first + count * 60_000);

/** A snapshot of a moment, with user rows and reservations that tell which one it is. */
function snapshot(at: Date) {
  return {
    collectedAt: at,
    body: snapshotBody({ at, userRows: 3, reservations: 2, random: () => at.getUTCMinutes() }),
  };
}

const partsOf = ({ body }: Seen) => {
  const { user_project_queues, reservations } = JSON.parse(body) as Record<string, unknown[] | undefined>;
  return { rows: user_project_queues?.length, reservations: reservations?.length };
};
const whole = { rows: 3, reservations: 2 };
const withoutReservations = { rows: 3, reservations: undefined };
const withoutBoth = { rows: 0, reservations: undefined };

describe('as a server gets it', () => {
  test('only the newest snapshot of a stream is sent with reservations, unchanged', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    for (let n = 0; n < 3; n++) box.add('derecho', snapshot(minutes(5 * n)));
    box.add('casper', snapshot(minutes(1)));
    await drainTo(box, server.url);
    expect(server.seen.map(partsOf)).toEqual([withoutReservations, withoutReservations, whole, whole]);
    expect(server.seen[2]?.body).toBe(snapshot(minutes(10)).body);
  });

  test('the other fields of a reduced snapshot are unchanged', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    for (let n = 0; n < 2; n++) box.add('derecho', snapshot(minutes(5 * n)));
    await drainTo(box, server.url);
    const { reservations: _, ...rest } = JSON.parse(snapshot(minutes(0)).body);
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(rest);
  });

  test('a snapshot without reservations is sent unchanged, late or not', async () => {
    using fixture = await startFixture(() => accepted());
    const { box, server } = fixture;
    const bodies = [
      '{ "timestamp": "2026-01-01T12:00:00.000", "reservations": [ ], "user_project_queues": [] }',
      '{"description":"say \\"reservations\\":[1]"}',
      '{"user_project_queues":[{"a":1.0}]}',
      '{}',
    ];
    for (const body of bodies) box.add('derecho', { body });
    await drainTo(box, server.url);
    expect(server.seen.map(({ body }) => body)).toEqual(bodies);
  });

  test('a snapshot that is stored while an older one is under way takes its place as the newest', async () => {
    const box = openOutbox();
    const server = await startScripted((_, before) => {
      // The second was read ahead as the newest by now.
      if (before === 0) setTimeout(() => box.add('derecho', snapshot(minutes(10))), 20);
      return before === 0 ? (socket) => setTimeout(() => socket.write(accepted()), 60) : accepted();
    });
    for (let n = 0; n < 2; n++) box.add('derecho', snapshot(minutes(5 * n)));
    await drainTo(box, server.url);
    expect(server.seen.map(partsOf)).toEqual([withoutReservations, withoutReservations, whole]);
    server.stop();
    box.close();
  });

  describe('after something newer', () => {
    let box: TestOutbox;
    let seen: Seen[];
    let drain: () => Promise<unknown>;
    let stop: () => void;
    beforeEach(async () => {
      const server = await startScripted(() => accepted());
      box = openOutbox();
      seen = server.seen as Seen[];
      drain = () => drainTo(box, server.url);
      stop = server.stop;
    });
    afterEach(() => {
      stop();
      box.close();
    });

    test('an entry that was rejected and is retried is late', async () => {
      const id = box.add('derecho', { ...snapshot(minutes(0)), rejectedBecause: 'not yet' });
      box.add('derecho', snapshot(minutes(5)));
      await drain();
      box.outbox.retry(box.entry(id));
      await drain();
      expect(seen.map(partsOf)).toEqual([whole, withoutBoth]);
    });

    test('an entry that was held and is released is late', async () => {
      const id = box.add('derecho', snapshot(minutes(0)));
      box.outbox.hold(box.entry(id), 'look at it first');
      box.add('derecho', snapshot(minutes(5)));
      await drain();
      box.outbox.release(box.entry(id), new Date());
      await drain();
      expect(seen.map(partsOf)).toEqual([whole, withoutBoth]);
    });

    test('an entry that was imported from another host is late, even if it is the last in the outbox', async () => {
      box.add('derecho', snapshot(minutes(5)));
      await drain();
      box.outbox.takeIn({
        ...box.entry(box.add('derecho', { ...snapshot(minutes(6)), rejectedBecause: 'a mould' })),
        ...snapshot(minutes(0)),
        id: Bun.randomUUIDv7(),
        state: 'pending',
        firstSentAt: null,
        rejectedBecause: null,
      });
      await drain();
      expect(seen.map(partsOf)).toEqual([whole, withoutBoth]);
    });

    test('entries that were collected after the clock was set back are late, until it reaches the old time', async () => {
      for (const at of [5, 1, 4, 6]) {
        box.add('derecho', snapshot(minutes(at)));
        await drain();
      }
      expect(seen.map(partsOf)).toEqual([whole, withoutBoth, withoutBoth, whole]);
    });

    test('the same in one drain, in which each was read before the one in front of it was delivered', async () => {
      for (const at of [5, 1, 4, 6]) box.add('derecho', snapshot(minutes(at)));
      await drain();
      expect(seen.map(partsOf)).toEqual([withoutReservations, withoutBoth, withoutBoth, whole]);
    });

    test('entries of another stream are not late', async () => {
      box.add('derecho', snapshot(minutes(5)));
      await drain();
      box.add('casper', snapshot(minutes(0)));
      await drain();
      expect(seen.map(partsOf)).toEqual([whole, whole]);
    });
  });
});

describe('in the receiver', () => {
  let receiver: TestReceiver;
  let box: TestOutbox;
  beforeEach(async () => {
    receiver = await startForTest();
    box = openOutbox();
  });
  afterEach(async () => {
    box.close();
    await receiver.remove();
  });
  const settings = { credentials: { user, password } };

  /** What must not be touched, and how many snapshots there are. */
  async function stored() {
    return {
      spans: await receiver.all(`SELECT * FROM spans WHERE kind = 'user' ORDER BY id`),
      reservations: await receiver.all('SELECT * FROM reservations ORDER BY id'),
      snapshots: await receiver.rows('snapshots'),
    };
  }

  test('a late entry adds its snapshot and does not change spans or reservations', async () => {
    const id = box.add('derecho', { ...snapshot(minutes(0)), rejectedBecause: 'not yet' });
    box.add('derecho', snapshot(minutes(5)));
    await drainTo(box, receiver.url, { settings });
    const before = await stored();
    expect(before).toMatchObject({ spans: { length: 3 }, reservations: { length: 2 }, snapshots: 1 });
    box.outbox.retry(box.entry(id));
    expect(await drainTo(box, receiver.url, { settings })).toMatchObject({ delivered: 1, left: 0 });
    expect(await stored()).toEqual({ ...before, snapshots: 2 });
  });

  test('an entry whose answer was lost and that is sent again in reduced form is stored once', async () => {
    // What arrives is handed to the receiver, and the connection is cut instead of an answer.
    const between = await startScripted((request) => (socket) => {
      const { path, headers, body } = request;
      void fetch(receiver.url + path, { method: 'POST', headers, body }).then(() => socket.destroy());
    });
    const id = box.add('derecho', snapshot(minutes(0)));
    expect(await drainTo(box, between.url, { settings, maxSeconds: 0.5 })).toMatchObject({ delivered: 0, left: 1 });
    between.stop();
    expect(await stored()).toMatchObject({ reservations: { length: 2 }, snapshots: 1 });
    // It is no longer the newest: its reservations are left out, and the receiver knows its key with another body.
    box.add('derecho', snapshot(minutes(5)));
    const drained = await drainTo(box, receiver.url, { settings, ignoreRest: true });
    expect(drained).toMatchObject({ delivered: 2, rejected: 0, left: 0 });
    expect(box.entry(id)).toMatchObject({ state: 'delivered', lastStatus: 409 });
    expect(await receiver.rows('snapshots')).toBe(2);
  });

  test('a conflict does not mark an entry as delivered that was never sent', async () => {
    const id = box.add('derecho', snapshot(minutes(0)));
    box.add('derecho', snapshot(minutes(5)));
    // Another one's, under the second's key: what the drain notes ahead is no sending.
    const second = box.outbox.next(box.entry(id))?.id ?? '';
    await receiver.post('elsewhere', snapshot(minutes(1)).body, { 'Idempotency-Key': second });
    expect(await drainTo(box, receiver.url, { settings })).toMatchObject({ delivered: 1, rejected: 1 });
    expect(box.entry(second)).toMatchObject({ state: 'rejected', lastStatus: 409 });
  });
});
