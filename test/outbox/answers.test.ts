/** How the attempts to deliver an entry change it, and what becomes of an answer that cannot be recorded. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listDropped } from '../../src/outbox/drop.ts';
import type { AttemptRecord, Entry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { keepReserve } from '../../src/outbox/reserve.ts';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { OutboxUnwritable } from '../../src/outbox/unwritable.ts';
import { mountDisk, onDisk } from '../support/disk.ts';
import { store } from './helper.ts';
import { attemptAt, get, newOutbox, put, type TestOutbox } from './queue.ts';

const now = new Date('2026-01-10T00:00Z');
const later = new Date('2026-01-10T00:01Z');
const unavailable = attemptAt(now, { status: 503, outcome: 'unavailable', detail: 'HTTP 503' });
const charged = { charged: true, mayHaveArrived: true } as const;

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const again = (entry: Entry) => get(here.outbox, entry.id);

describe('a recorded attempt', () => {
  test('has no secrets in its detail and in the answer', () => {
    const { outbox } = here;
    const [one, other] = [put(outbox), put(outbox)];
    const detail = 'from https://ann:geheim@sam.example/';
    outbox.failed(one, { ...unavailable, detail }, charged);
    expect(again(one)).toMatchObject({ lastError: 'from https://********@sam.example/', answer: null });
    outbox.delivered(other, attemptAt(now, { detail }), JSON.stringify({ from: 'https://ann:geheim@sam.example/' }));
    expect(again(other).answer).toBe('{"from":"https://********@sam.example/"}');
    expect(outbox.attempts(other)).toEqual([attemptAt(now, { detail: 'from https://********@sam.example/' })]);
  });

  test('that delivered an entry notes that the next one is about to be sent', () => {
    const { outbox } = here;
    const [first, second] = [put(outbox), put(outbox)];
    outbox.delivered(first, attemptAt(now), '{}', second);
    expect(again(second).firstSentAt).toEqual(now);
    outbox.delivered(second, attemptAt(now), '{}');
    expect(again(second)).toMatchObject({ state: 'delivered', attempts: 1, firstSentAt: now });
  });

  test('makes older entries late only if it delivered the entry', () => {
    const { outbox } = here;
    const [older, newer] = [put(outbox), put(outbox)];
    outbox.failed(newer, unavailable, charged);
    outbox.rejected(newer, unavailable, true);
    expect([older, newer].map((entry) => outbox.isLate(entry))).toEqual([false, false]);
    outbox.delivered(newer, attemptAt(now), '{}');
    expect([older, newer].map((entry) => outbox.isLate(entry))).toEqual([true, false]);
    outbox.delivered(older, attemptAt(now), '{}');
    expect(outbox.isLate(older)).toBe(true);
  });

  test('leaves the rest of its stream, which a rejection ends', () => {
    const { outbox } = here;
    const entry = put(outbox);
    const until = new Date(Date.now() + 60_000);
    outbox.postpone(entry, until);
    outbox.failed(entry, unavailable, { charged: false, mayHaveArrived: false });
    expect(again(entry)).toMatchObject({ nextAttemptAt: until, attempts: 0, failedDrains: 1 });
    outbox.rejected(entry, unavailable, false);
    expect(again(entry)).toMatchObject({ state: 'rejected', nextAttemptAt: null, attempts: 1 });
  });
});

test('drains count as consecutive while they fail alike', () => {
  const { outbox } = here;
  const entry = put(outbox);
  const after = (isAlike?: boolean) => {
    outbox.postpone(entry, null, isAlike);
    return again(entry).failedDrains;
  };
  expect([after(), after(), after(true), after(false), after(true)]).toEqual([1, 2, 3, 1, 2]);
});

describe('an attempt that is recorded later', () => {
  const change: AttemptRecord['change'] = { state: null, deliveredAt: null, answer: null, ...charged };
  const recorded = (entry: Entry) => here.outbox.attempts(entry).map(({ at }) => at.getTime());

  test('is skipped if it is recorded already, among others', () => {
    const { outbox } = here;
    const entry = put(outbox);
    outbox.failed(entry, unavailable, charged);
    outbox.record(entry.id, { attempt: { ...unavailable, at: later }, change });
    for (const at of [now, later]) outbox.record(entry.id, { attempt: { ...unavailable, at }, change });
    expect(recorded(entry)).toEqual([now.getTime(), later.getTime()]);
    expect(again(entry).attempts).toBe(2);
  });

  test('needs the whole id of its entry', () => {
    const { outbox } = here;
    const entry = put(outbox);
    outbox.record(entry.id.slice(0, -1), { attempt: unavailable, change });
    outbox.record('ffffffff', { attempt: unavailable, change });
    expect(recorded(entry)).toEqual([]);
    outbox.record(entry.id, { attempt: unavailable, change });
    expect(recorded(entry)).toEqual([now.getTime()]);
  });
});

describe('a split', () => {
  const split = { rest: '{"rest":1}', leftOut: '{"left":"ä"}', reason: 'too large' };

  test('keeps the rest in the entry, and the part as a rejected entry at the next free timestamp', () => {
    const { outbox } = here;
    const entry = put(outbox, { failedProbes: ['jobs'] });
    const taken = put(outbox, { collectedAt: new Date(entry.collectedAt.getTime() + 1) });
    outbox.sending(entry, now);
    const id = outbox.split(again(entry), unavailable, split) ?? '';
    const part = get(outbox, id);
    expect(again(entry)).toMatchObject({ state: 'pending', attempts: 1, bodyBytes: 10, firstSentAt: now });
    expect([outbox.body(again(entry)), outbox.body(part)]).toEqual([split.rest, split.leftOut]);
    expect(part).toMatchObject({
      ...{ stream: entry.stream, destination: entry.destination, path: entry.path, failedProbes: ['jobs'] },
      ...{ state: 'rejected', lastError: 'too large', firstSentAt: null, attempts: 0 },
      collectedAt: new Date(taken.collectedAt.getTime() + 1),
    });
    expect(outbox.attempts(entry)).toEqual([unavailable]);
  });

  test('of an entry that was not sent keeps it as not sent, one millisecond before the part', () => {
    const { outbox } = here;
    const entry = put(outbox);
    const id = outbox.split(entry, unavailable, split) ?? '';
    expect(again(entry).firstSentAt).toBeNull();
    expect(get(outbox, id).collectedAt.getTime()).toBe(entry.collectedAt.getTime() + 1);
  });

  test('of an entry that was dropped meanwhile stores nothing', () => {
    const { outbox } = here;
    const entry = put(outbox);
    outbox.drop([entry], 'by hand', now);
    expect(outbox.split(entry, unavailable, split)).toBeNull();
    expect(outbox.omit(entry, unavailable, { rest: '{}', reasons: ['job 1'] })).toBe(false);
    expect(outbox.list('all')).toEqual([]);
    expect(listDropped(outbox, -1)).toMatchObject([{ id: entry.id }]);
  });
});

test('records that are left out are stored as dropped, each with its reason', () => {
  const { outbox } = here;
  const entry = put(outbox);
  outbox.failed(entry, unavailable, charged);
  expect(outbox.omit(again(entry), { ...unavailable, at: later }, { rest: '[]', reasons: ['job 1', 'job 2'] })).toBe(
    true,
  );
  expect(outbox.body(again(entry))).toBe('[]');
  expect(again(entry)).toMatchObject({ state: 'pending', attempts: 2, bodyBytes: 2 });
  expect(listDropped(outbox, -1).map(({ reason, droppedAt }) => [reason, droppedAt])).toEqual([
    ['job 2', later],
    ['job 1', later],
  ]);
});

describe('an answer that cannot be recorded', () => {
  const reopened = (spool: Spool | null) => {
    const entry = put(here.outbox);
    const outbox = new Outbox(here.file, spool);
    outbox.database.run('PRAGMA query_only = ON');
    return { entry, outbox };
  };
  const errorOf = (work: () => unknown): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };
  const readOnly = () => `cannot write the outbox ${here.file}: it is read-only`;

  test('is lost without a spool, and the error says so', () => {
    const { entry, outbox } = reopened(null);
    const error = errorOf(() => outbox.delivered(entry, attemptAt(now), '{}'));
    outbox.close();
    const problem = `${readOnly()}; the answer to entry ${entry.id} (accepted) is lost: it may be sent again`;
    const remedy = `check its mount and its owner: findmnt -T ${dirname(here.file)}; ls -ld ${dirname(here.file)} ${here.file}`;
    expect(error).toEqual(new OutboxUnwritable(problem, remedy, error instanceof Error ? error.cause : null));
    expect(error).toMatchObject({ problem, remedy, cause: { problem: readOnly() } });
  });

  test('is kept in the spool with its changes, and the error says where', () => {
    const spool = new Spool(join(dirname(here.file), 'fallback'), here.file);
    const { entry, outbox } = reopened(spool);
    const error = errorOf(() => outbox.failed(entry, unavailable, charged));
    const [file] = spool.answers();
    expect(error).toMatchObject({
      problem: `${readOnly()}; the answer to entry ${entry.id} (unavailable) is kept in ${file}`,
    });
    outbox.close();
  });

  test('is lost if the spool cannot keep it either', () => {
    // Nothing can be below a file.
    const { entry, outbox } = reopened(new Spool(join(here.file, 'fallback'), here.file));
    const error = errorOf(() => outbox.rejected(entry, unavailable, true));
    expect(error).toMatchObject({
      problem: expect.stringMatching(
        /; the answer to entry .* \(unavailable\) is lost, it may be sent again: it cannot be kept in the fallback directory either: ./,
      ),
    });
    outbox.close();
  });

  test('because the outbox is closed is a bug, and no problem of the file', () => {
    const entry = put(here.outbox);
    const outbox = new Outbox(here.file);
    outbox.close();
    const error = errorOf(() => outbox.failed(entry, unavailable, charged));
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(OutboxUnwritable);
  });
});

describe('the reserve', () => {
  const fill = () => {
    const { page_count } = here.outbox.database.query<{ page_count: number }, []>('PRAGMA page_count').get() ?? {
      page_count: 0,
    };
    here.outbox.database.run(`PRAGMA max_page_count = ${page_count}`);
  };
  const hasReserve = () => readdirSync(dirname(here.file)).includes('outbox.db.reserve');

  test('is given up if there is no space, and the error says so if that is not enough', () => {
    const { outbox } = here;
    const entry = put(outbox);
    keepReserve(here.file);
    fill();
    const large = attemptAt(now, { status: 503, outcome: 'unavailable', detail: 'x'.repeat(50_000) });
    expect(() => outbox.failed(entry, large, charged)).toThrow(/no space is left; .* is lost: it may be sent again/);
    expect(hasReserve()).toBe(false);
    expect(() => outbox.failed(entry, large, charged)).toThrow('no space is left');
    expect(outbox.attempts(entry)).toEqual([]);
  });

  test('stays if something else is wrong', () => {
    const { outbox } = here;
    const entry = put(outbox);
    keepReserve(here.file);
    outbox.database.run('PRAGMA query_only = ON');
    for (const write of [
      () => outbox.postpone(entry, now),
      () => outbox.hold(entry, 'by hand'),
      () => outbox.sending(entry, now),
      () => outbox.retry(entry),
      () => outbox.release(entry, now),
      () => outbox.add(now, () => ({ ...entry, body: '{}', rejectedBecause: null })),
      () =>
        outbox.record(entry.id, {
          attempt: unavailable,
          change: { state: null, deliveredAt: null, answer: null, ...charged },
        }),
    ])
      expect(write).toThrow(OutboxUnwritable);
    expect(hasReserve()).toBe(true);
  });

  onDisk('gives space for answers on a full disk', () => {
    const disk = mountDisk(4096);
    try {
      const file = join(disk.path, 'outbox.db');
      const outbox = new Outbox(file);
      const entry = store(outbox);
      keepReserve(file);
      disk.fill();
      expect(outbox.sending(entry, now)).toBe(true);
      expect(existsSync(`${file}.reserve`)).toBe(false);
      outbox.delivered(entry, attemptAt(now), '{}');
      expect(outbox.list('delivered')).toHaveLength(1);
      outbox.close();
    } finally {
      disk.remove();
    }
  });
});
