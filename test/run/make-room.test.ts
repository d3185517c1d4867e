/** Room in the outbox before an entry is stored. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { usedBytes } from '../../src/outbox/database.ts';
import { boundsOf, makeRoom } from '../../src/run/make-room.ts';
import { all, ids, newOutbox, noise, put, type TestOutbox } from '../outbox/queue.ts';
import { memoryLog } from '../support/memory-log.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
  writeFileSync(join(dirname(here.file), 'collector.yaml'), 'outbox: { max_mib: 4, keep_delivered_days: 3 }\n');
});
afterEach(() => here.remove());

const config = () => loadConfig(dirname(here.file), { HOME: dirname(here.file) });
const mib = 1024 ** 2;

test('the limits are the configured ones', () => {
  expect(boundsOf(config())).toEqual({ keepDeliveredDays: 3, maxBytes: 4 * mib });
});

test.each([1, 2, undefined])(
  '%p entries get half a MiB each; every entry that is deleted for them is an error in the log',
  (entries) => {
    const { outbox } = here;
    const before = Array.from({ length: 14 }, () => put(outbox, { body: noise(350_000) }));
    const { log, lines } = memoryLog();
    makeRoom(outbox, config(), log, entries);
    const room = (entries ?? 1) * (mib / 2);
    const free = 4 * mib - usedBytes(outbox.database);
    expect(free).toBeWithin(room, room + mib / 2);
    const lost = before.slice(0, before.length - all(outbox).length);
    expect(ids(all(outbox))).toEqual(ids(before.slice(lost.length)));
    expect(lost.length).toBeGreaterThan(0);
    expect(lines).toEqual(
      lost.map(({ id, collectedAt }) => {
        const collected = collectedAt.toISOString().slice(0, 19).replace('T', ' ');
        return `ERROR ✗ entry ${id} of sam/casper, collected ${collected} UTC, pending, is lost: the outbox is full; repair the delivery, or raise outbox.max_mib`;
      }),
    );
  },
);

test('an outbox that cannot be pruned is a warning, and the entry is stored nevertheless if it can be', () => {
  const { log, lines } = memoryLog();
  put(here.outbox, { state: 'delivered' });
  here.outbox.database.run('PRAGMA query_only = ON');
  makeRoom(here.outbox, config(), log);
  here.outbox.database.run('PRAGMA query_only = OFF');
  expect(lines).toEqual([expect.stringMatching(/^WARN cannot prune the outbox: ./)]);
  expect(all(here.outbox)).toHaveLength(1);
});
