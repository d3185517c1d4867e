/** How often work on an outbox is repeated, and when its file is recovered. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Outbox } from '../../../src/outbox/outbox.ts';
import { DamageError } from '../../../src/outbox/recovery/damage.ts';
import { HealingOutbox, openOutbox } from '../../../src/outbox/recovery/open.ts';
import type { RecoveryOptions } from '../../../src/outbox/recovery/recover.ts';
import { OutboxUnwritable } from '../../../src/outbox/unwritable.ts';
import { keptLog, overwritePages, rootPageOf } from '../../support/damaged-outbox.ts';
import { quickDirectory } from '../../support/files.ts';
import { put } from '../queue.ts';
import { coded, errorOf } from './errors.ts';
import { openFilesBelow } from './open-files.ts';

let directory: ReturnType<typeof quickDirectory>;
let file: string;
let kept: ReturnType<typeof keptLog>;
beforeEach(() => {
  directory = quickDirectory();
  file = join(directory.path, 'outbox.db');
  kept = keptLog();
  const outbox = new Outbox(file);
  for (let index = 0; index < 3; index++) put(outbox);
  outbox.close();
});
afterEach(() => directory.remove());

const options = (rest: Partial<RecoveryOptions> = {}): RecoveryOptions => ({
  ...{ host: 'login1', log: kept.log, drainLock: 'free', ...rest },
});
const recoveries = () => readdirSync(directory.path).filter((name) => name.includes('.damaged-')).length;

const damage = new DamageError('its tables are missing');
const unreadable = coded('EIO');
const replaced = coded('SQLITE_READONLY_DBMOVED');
const another = new Error('something else');

/** The whole text of an error, with `FILE` and `DIRECTORY` for the places. */
const textOf = (error: Error | null) =>
  error?.message.replaceAll(file, 'FILE').replaceAll(directory.path, 'DIRECTORY') ?? null;
const check = 'check the directory, its owner and the space left';
const failing =
  'it cannot be read: its disk or its file server fails; check both: dmesg; findmnt -T DIRECTORY. If only this file stays unreadable: mv FILE FILE.bad; hpc-collector outbox recover FILE.bad';

/** The errors of the first attempts; the number of attempts and of recoveries, and the text of the error in the end. */
type Case = readonly [name: string, errors: readonly Error[], attempts: number, recovered: number, end: string | null];

/** Fails in the given ways, one after the other, and then no more. */
class Attempts {
  made = 0;
  readonly #errors: readonly Error[];

  constructor(errors: readonly Error[]) {
    this.#errors = errors;
  }

  next(): void {
    const error = this.#errors[this.made];
    this.made += 1;
    if (error) throw error;
  }
}

describe('opening the outbox', () => {
  test.each<Case>([
    ['is done once if it succeeds', [], 1, 0, null],
    ['is repeated after damage, which one failed read can look like', [damage], 2, 0, null],
    ['is repeated on the recovered file after damage again', [damage, damage], 3, 1, null],
    [
      'fails after damage for the third time',
      [damage, damage, damage],
      3,
      1,
      `cannot open the outbox FILE: its tables are missing; ${check}`,
    ],
    ['is repeated after a failed read', [unreadable], 2, 0, null],
    ['fails after a second failed read', [unreadable, unreadable], 2, 0, `cannot open the outbox FILE: ${failing}`],
    ['fails after damage and a failed read', [damage, unreadable], 2, 0, `cannot open the outbox FILE: ${failing}`],
    ['is repeated on the recovered file after a failed read and damage', [unreadable, damage], 3, 1, null],
    ['fails at once after another error', [another], 1, 0, 'something else'],
  ])('%s', (_, errors, count, recovered, end) => {
    const attempts = new Attempts(errors);
    const open = (path: string) => {
      attempts.next();
      return new Outbox(path);
    };
    const error = errorOf(() => {
      const outbox = openOutbox(file, options({ open }));
      expect(outbox.list('all')).toHaveLength(3);
      outbox.close();
    });
    expect([textOf(error), attempts.made, recoveries()]).toEqual([end, count, recovered]);
    expect(openFilesBelow(directory.path)).toEqual([]);
  });

  test('names the first cause as the reason of a recovery', () => {
    const nested = new Error('cannot open it', { cause: new Error('cannot read it', { cause: damage }) });
    const attempts = new Attempts([nested, nested]);
    const open = (path: string) => {
      attempts.next();
      return new Outbox(path);
    };
    openOutbox(file, options({ open })).close();
    expect(kept.lines).toEqual([expect.stringContaining(`${file} was damaged (its tables are missing): the damaged`)]);
  });

  test('checks it unless told not to', () => {
    overwritePages(file, [rootPageOf(file, 'bodies')], () => 0);
    openOutbox(file, options({ isChecked: false })).close();
    expect(recoveries()).toBe(0);
    openOutbox(file, options()).close();
    expect([recoveries(), openFilesBelow(directory.path)]).toEqual([1, []]);
  });

  test('prepares it once it has no damage', () => {
    overwritePages(file, [rootPageOf(file, 'bodies')], () => 0);
    const prepared: number[] = [];
    const prepare = (outbox: Outbox) => {
      prepared.push(recoveries());
      outbox.metadata.write('clock', '[]');
    };
    const outbox = openOutbox(file, options({ prepare }));
    expect([prepared, outbox.metadata.read('clock')]).toEqual([[1], '[]']);
    outbox.close();
  });
});

const unknownTable = (outbox: Outbox) => outbox.database.query('SELECT * FROM books').all();

describe.each(['run', 'runLong'] as const)('work with `%s`', (method) => {
  /** Does work that fails in these ways; each attempt must have a connection of its own. */
  async function workWith(errors: readonly Error[], work: (outbox: Outbox) => unknown = () => null): Promise<unknown> {
    const attempts = new Attempts(errors);
    const healing = new HealingOutbox(file, options());
    const outboxes = new Set<Outbox>();
    const attempt = (outbox: Outbox) => {
      outboxes.add(outbox);
      attempts.next();
      work(outbox);
      return outbox.list('all').length;
    };
    let end: string | null = null;
    try {
      const count = method === 'run' ? healing.run(attempt) : await healing.runLong(async (outbox) => attempt(outbox));
      expect(count).toBe(3);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      end = textOf(error);
    }
    healing.close();
    expect(outboxes.size).toBe(attempts.made);
    return [attempts.made, recoveries(), end];
  }

  test.each<Case>([
    ['is done once if it succeeds', [], 1, 0, null],
    ['is repeated after damage', [damage], 2, 0, null],
    ['is repeated on the recovered file after damage again', [damage, damage], 3, 1, null],
    [
      'fails after damage for the third time',
      [damage, damage, damage],
      3,
      1,
      `cannot use the outbox FILE: its tables are missing; ${check}`,
    ],
    ['is repeated after a failed read', [unreadable], 2, 0, null],
    ['fails after a second failed read', [unreadable, unreadable], 2, 0, `cannot use the outbox FILE: ${failing}`],
    ['is repeated twice if another process replaced the file', [replaced, replaced], 3, 0, null],
    ['fails if it is replaced a third time', [replaced, replaced, replaced], 3, 0, replaced.message],
    ['fails at once after another error', [another], 1, 0, 'something else'],
  ])('%s', async (_, errors, attempts, recovered, end) => {
    expect(await workWith(errors)).toEqual([attempts, recovered, end]);
  });

  test('fails at once after another error of SQLite, in its words', async () => {
    const end = `cannot use the outbox FILE: no such table: books; ${check}`;
    expect(await workWith([], unknownTable)).toEqual([1, 0, end]);
  });
});

test('an error of SQLite is one for which a snapshot is stored elsewhere; another error is unchanged', () => {
  const healing = new HealingOutbox(file, options());
  expect(errorOf(() => healing.run(unknownTable))).toBeInstanceOf(OutboxUnwritable);
  expect(
    errorOf(() =>
      healing.run(() => {
        throw another;
      }),
    ),
  ).toBe(another);
  healing.close();
});

test('work fails at once if the file cannot be opened again', () => {
  const opened = new Attempts([]);
  const open = (path: string) => {
    opened.next();
    if (opened.made > 1) throw replaced;
    return new Outbox(path);
  };
  const healing = new HealingOutbox(file, options({ open }));
  const work = new Attempts([replaced]);
  expect(errorOf(() => healing.run(() => work.next()))).toBe(replaced);
  expect([opened.made, work.made]).toEqual([2, 1]);
});

test('an outbox that was closed is opened again for more work', () => {
  const healing = new HealingOutbox(file, options());
  healing.close();
  expect(healing.run((outbox) => outbox.list('all'))).toHaveLength(3);
  healing.close();
  expect(openFilesBelow(directory.path)).toEqual([]);
});

test('a file that was new when it was opened is recovered too', () => {
  file = join(directory.path, 'new.db');
  const healing = new HealingOutbox(file, options());
  healing.run((outbox) => put(outbox));
  overwritePages(file, [1], () => 0);
  expect(healing.run((outbox) => outbox.list('all'))).toHaveLength(1);
  healing.close();
  expect(recoveries()).toBe(1);
});
