/** What is reported of a recovery, and kept of what was lost. */

import { Database } from 'bun:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from '../../../src/outbox/entry.ts';
import { drainLockFile } from '../../../src/outbox/files.ts';
import { tryLock } from '../../../src/outbox/lock.ts';
import type { Outbox } from '../../../src/outbox/outbox.ts';
import { openOutbox } from '../../../src/outbox/recovery/open.ts';
import {
  acknowledgeDamage,
  type Damage,
  rememberDamage,
  unacknowledgedDamage,
  warnOfDamage,
} from '../../../src/outbox/recovery/past-damage.ts';
import { recover } from '../../../src/outbox/recovery/recover.ts';
import { recoverFrom } from '../../../src/outbox/recovery/recover-from.ts';
import { keptLog, overwritePages } from '../../support/damaged-outbox.ts';
import { newOutbox, put, type TestOutbox } from '../queue.ts';
import { errorOf } from './errors.ts';
import { openFilesBelow } from './open-files.ts';

let box: TestOutbox;
let kept: ReturnType<typeof keptLog>;
beforeEach(() => {
  box = newOutbox();
  kept = keptLog();
});
afterEach(() => box.remove());

const options = () => ({ host: 'login1', log: kept.log, drainLock: 'free', waitMilliseconds: 0 }) as const;

/** Opens the outbox after its first page and more of it were damaged. */
function openDamaged(statements: readonly string[]): Outbox {
  box.outbox.close();
  const database = new Database(box.file);
  for (const statement of statements) database.run(statement);
  database.close();
  overwritePages(box.file, [1], () => 0);
  return openOutbox(box.file, options());
}

describe('a recovery', () => {
  test('reports, in the log and in the outbox, recovered entries, those without bodies, and bodies without entries', () => {
    for (let index = 0; index < 5; index++) put(box.outbox);
    const outbox = openDamaged([
      'PRAGMA foreign_keys = OFF',
      `UPDATE bodies SET gzip = x'00' WHERE entry IN (2, 3)`,
      'DELETE FROM entries WHERE sequence > 3',
      'DELETE FROM bodies WHERE entry = 5',
    ]);
    const [recovery] = unacknowledgedDamage(outbox);
    expect(unacknowledgedDamage(outbox)).toEqual([
      {
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        file: expect.stringMatching(/outbox\.db\.damaged-\d{8}T\d{6}Z$/),
        reason: 'file is not a database',
        ...{ recovered: 1, without_body: 2, without_entry: 1 },
      },
    ]);
    expect(kept.lines).toEqual([
      `error: ✗ the outbox ${box.file} was damaged (file is not a database): the damaged file is kept as ${recovery?.file}; 1 entry recovered, 3 lost; for details: hpc-collector outbox recover`,
    ]);
    outbox.close();
  });

  test('reports several recovered entries, and none lost', () => {
    for (let index = 0; index < 2; index++) put(box.outbox);
    openDamaged([]).close();
    expect(kept.lines).toEqual([expect.stringContaining('; 2 entries recovered, 0 lost; for details')]);
  });

  test('keeps the records of dropped entries, and adds those of lost ones that were not delivered', () => {
    const [dropped, lost] = [put(box.outbox), put(box.outbox), put(box.outbox, { state: 'delivered' })];
    const at = Date.UTC(2026, 2, 1);
    const outbox = openDamaged([
      `INSERT INTO dropped (id, stream, collected_at, dropped_at, reason)
       VALUES ('${dropped?.id}', 'sam/casper', ${at}, ${at + 1}, 'no room')`,
      `UPDATE bodies SET gzip = x'00' WHERE entry > 1`,
    ]);
    const recordOf = ({ id, stream, collectedAt }: Entry) => ({ id, stream, collected_at: collectedAt.getTime() });
    const [recovery] = unacknowledgedDamage(outbox);
    expect(outbox.database.query('SELECT id, stream, collected_at, dropped_at, reason FROM dropped').all()).toEqual([
      { id: dropped?.id, stream: 'sam/casper', collected_at: at, dropped_at: at + 1, reason: 'no room' },
      {
        ...(lost && recordOf(lost)),
        dropped_at: Date.parse(recovery?.at ?? ''),
        reason: 'its body was damaged with the outbox: file is not a database',
      },
    ]);
    outbox.close();
  });

  test('is not repeated if another process has made it, even while that one has the drain lock', () => {
    box.outbox.close();
    const lock = tryLock(drainLockFile(box.file));
    expect(lock).not.toBeNull();
    expect(() => recover(box.file, { identity: '1:1', reason: 'x' }, options())).not.toThrow();
    expect(kept.lines).toEqual([]);
    lock?.release();
  });
});

describe('recoveries that are not acknowledged', () => {
  const recovery = (day: number): Damage => ({
    ...{ at: `2026-11-2${day}T12:00:00.000Z`, file: `/x/outbox.db.damaged-${day}`, reason: 'malformed' },
    ...{ recovered: day, without_body: 0, without_entry: 0 },
  });
  const hint =
    'and recovered: see hpc-collector outbox recover; to stop this warning: hpc-collector outbox recover --ack';

  test.each<[string, readonly number[], readonly string[]]>([
    ['none: no warning', [], []],
    ['one', [1], [`warn: the outbox was damaged at 2026-11-21T12:00:00.000Z ${hint}`]],
    ['three', [1, 2, 3], [`warn: the outbox was damaged 3 times, the last at 2026-11-23T12:00:00.000Z ${hint}`]],
  ])('are warned of in one line, until they are acknowledged: %s', (_, days, lines) => {
    for (const day of days) rememberDamage(box.outbox.database, recovery(day));
    warnOfDamage(box.outbox, kept.log);
    expect(kept.lines).toEqual([...lines]);
    expect(acknowledgeDamage(box.outbox)).toEqual(days.map(recovery));
    warnOfDamage(box.outbox, kept.log);
    expect([kept.lines.length, acknowledgeDamage(box.outbox)]).toEqual([lines.length, []]);
  });
});

describe('another file to recover from', () => {
  test('adds its entries, and reports bodies without entries', () => {
    const other = newOutbox();
    const [, second] = [put(other.outbox), put(other.outbox)];
    other.outbox.database.run('PRAGMA foreign_keys = OFF');
    other.outbox.database.run('DELETE FROM entries WHERE sequence = 1');
    put(box.outbox);
    const counts = { recovered: 1, present: 0, withoutBody: [], withoutEntry: 1 };
    expect(recoverFrom(other.file, box.outbox, box.file)).toEqual(counts);
    expect(box.outbox.list('all').at(-1)?.id).toBe(second?.id ?? '');
    other.outbox.close();
    expect(openFilesBelow(dirname(other.file))).toEqual([]);
    other.remove();
  });

  test.each<[string, (file: string) => string, (file: string) => string]>([
    ['does not exist', (file) => `${file}.none`, (file) => `there is no file ${file} to recover from`],
    ['is a directory', (file) => join(file, '..'), (file) => `there is no file ${file} to recover from`],
    ['is the outbox', (file) => file, (file) => `${file} is the outbox itself: name another file to recover from`],
  ])('is refused if it %s', (_, of, text) => {
    const other = of(box.file);
    expect(errorOf(() => recoverFrom(other, box.outbox, box.file))?.message).toBe(text(other));
  });

  test('is named if its entries cannot be stored', () => {
    const other = join(box.file, '..', 'other.db');
    writeFileSync(other, '');
    box.outbox.database.run('PRAGMA query_only = ON');
    expect(errorOf(() => recoverFrom(other, box.outbox, box.file))?.message).toBe(
      `cannot recover from ${other}: attempt to write a readonly database`,
    );
  });
});
