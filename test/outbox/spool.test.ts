import { afterEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Spool } from '../../src/outbox/spool/spool.ts';
import { needsThat } from '../support/needs.ts';
import { acceptedAttempt, type Box, foreignEntry, openBox } from './box.ts';

let box: Box | null = null;
afterEach(() => {
  box?.[Symbol.dispose]();
  box = null;
});
function open(options: Parameters<typeof openBox>[0] = {}): Box {
  box = openBox(options);
  return box;
}

const accepted = { state: 'delivered', deliveredAt: 5, answer: '{}', charged: true, mayHaveArrived: true } as const;

describe('entries', () => {
  test('are imported complete, oldest first, and their files are removed', () => {
    const { spool, outbox, takeIn, fallback } = open();
    const sent = new Date(Date.UTC(2026, 0, 1, 0, 0, 30));
    const entries = [
      foreignEntry(2),
      foreignEntry(1, { firstSentAt: sent }),
      foreignEntry(3, { state: 'rejected', rejectedBecause: 'it is not right' }),
    ];
    for (const entry of entries) spool.keepEntry(entry);
    takeIn();
    const stored = outbox.list('all');
    expect(stored.map(({ id, state, firstSentAt, lastError }) => ({ id, state, firstSentAt, lastError }))).toEqual(
      entries.map(({ id, state, firstSentAt, rejectedBecause }) => ({
        id,
        state,
        firstSentAt,
        lastError: rejectedBecause,
      })),
    );
    expect(stored.map((entry) => outbox.body(entry))).toEqual(entries.map(({ body }) => body));
    expect(stored[0]?.failedProbes).toEqual(['queues (partial)']);
    expect(readdirSync(fallback)).toEqual([]);
  });

  test('keep their order for any ids, after those of an earlier version', () => {
    const { spool, outbox, takeIn, fallback } = open();
    // Of one millisecond, in falling order: two processes make such ids, and one process after its clock went back.
    const entries = Array.from({ length: 12 }, (_, index) =>
      foreignEntry(index, { id: `01a22025-a276-7${(99 - index).toString().padStart(3, '0')}-a20e-b25b1c08d51e` }),
    );
    for (const entry of entries) spool.keepEntry(entry);
    const earlier = foreignEntry(20, { id: 'ffffffff-a276-72df-a20e-b25b1c08d51e' });
    const { file } = spool.keepEntry(earlier);
    // An earlier version named a file after the id alone.
    renameSync(file, join(fallback, basename(file).replace(/-\d{12}-/, '-')));
    const last = foreignEntry(30, { id: '01a22025-a276-7000-a20e-b25b1c08d51e' });
    spool.keepEntry(last);
    takeIn();
    expect(outbox.list('all').map(({ id }) => id)).toEqual([earlier, ...entries, last].map(({ id }) => id));
  });

  test('that are in the outbox already are not stored again', () => {
    const { spool, outbox, takeIn, fallback } = open();
    const entry = foreignEntry(1);
    outbox.takeIn(entry);
    spool.keepEntry(entry);
    takeIn();
    expect(outbox.list('all')).toHaveLength(1);
    expect(readdirSync(fallback)).toEqual([]);
  });

  test('whose timestamp is taken get the next free one', () => {
    const { spool, outbox, takeIn } = open();
    outbox.takeIn(foreignEntry(1, { stream: 'sam/casper' }));
    spool.keepEntry(foreignEntry(1));
    takeIn();
    expect(outbox.list('all').map(({ collectedAt }) => collectedAt.getMilliseconds())).toEqual([0, 1]);
  });

  test('of another outbox are not imported', () => {
    const { fallback, directory, outbox, takeIn } = open();
    const other = new Spool(fallback, join(directory, 'other.db'));
    other.keepEntry(foreignEntry(1));
    takeIn();
    expect(outbox.list('all')).toEqual([]);
    expect(other.entries()).toHaveLength(1);
  });

  test.each([
    ['cut', (text: string) => text.slice(0, 100)],
    ['changed', (text: string) => text.replace('\\"second\\":1', '\\"second\\":9')],
  ])('that were %s are put aside, and the others taken in', (_, spoil) => {
    const { spool, outbox, takeIn, fallback, lines } = open();
    const { file } = spool.keepEntry(foreignEntry(1));
    spool.keepEntry(foreignEntry(2));
    const text = readFileSync(file, 'utf8');
    expect(spoil(text)).not.toBe(text);
    writeFileSync(file, spoil(text));
    takeIn();
    expect(outbox.list('all')).toHaveLength(1);
    expect(readdirSync(fallback)).toEqual([expect.stringMatching(/\.damaged$/)]);
    expect(lines[0]).toMatch(/^cannot import .*; it is kept as .*\.damaged$/);
  });

  test('drop the oldest if there are too many', () => {
    const { spool, fallback } = open({ maxSpoolBytes: 1500 });
    const entries = [1, 2, 3, 4].map((second) => foreignEntry(second));
    const dropped = entries.flatMap((entry) => spool.keepEntry(entry).dropped);
    expect(dropped).toEqual([expect.stringContaining(entries[0]?.id ?? '')]);
    expect(readdirSync(fallback)).toHaveLength(3);
  });

  test('that a killed process left half-written are deleted later', () => {
    const { spool, fallback } = open();
    const { file } = spool.keepEntry(foreignEntry(1));
    const half = `${file}.123.unfinished`;
    writeFileSync(half, '{');
    spool.keepEntry(foreignEntry(2));
    expect(readdirSync(fallback)).toHaveLength(3);
    utimesSync(half, 0, 0);
    spool.keepEntry(foreignEntry(3));
    expect(spool.entries()).toHaveLength(3);
    expect(readdirSync(fallback)).toHaveLength(3);
  });
});

describe('answers', () => {
  test('are recorded once, however often they are imported', () => {
    const { spool, outbox, takeIn } = open();
    const entry = foreignEntry(1);
    outbox.takeIn(entry);
    for (let time = 0; time < 2; time++) {
      spool.keepAnswer({ id: entry.id, attempt: acceptedAttempt, change: accepted });
      takeIn();
    }
    const [stored] = outbox.list('all');
    expect(stored).toMatchObject({ state: 'delivered', attempts: 1, lastStatus: 201, answer: '{}' });
    expect(stored && outbox.attempts(stored)).toEqual([acceptedAttempt]);
    expect(spool.answers()).toEqual([]);
  });

  test('to a deleted entry are dropped', () => {
    const { spool, takeIn } = open();
    spool.keepAnswer({ id: Bun.randomUUIDv7(), attempt: acceptedAttempt, change: accepted });
    takeIn();
    expect(spool.answers()).toEqual([]);
  });
});

describe('the directory', () => {
  const asRoot = needsThat(process.getuid?.() === 0, 'root');

  function expectRefused({ spool, fallback, takeIn, outbox }: Box, words: string): void {
    expect(spool.problem()).toBe(`${fallback} ${words}`);
    takeIn();
    expect(outbox.list('all')).toEqual([]);
    // Beside it, under a name that nobody can guess; the next finds the same one.
    const files = [2, 3].map((number) => spool.keepEntry(foreignEntry(number)).file);
    const directories = new Set(files.map((file) => dirname(file)));
    expect([...directories]).toEqual([expect.stringMatching(/\.\w{6}$/)]);
    takeIn();
    expect(outbox.list('all')).toHaveLength(2);
  }

  test('is made with mode 0700', () => {
    const made = open();
    made.spool.keepEntry(foreignEntry(1));
    expect(Bun.spawnSync(['stat', '-c', '%a', made.fallback]).stdout.toString()).toBe('700\n');
  });

  test('of another user is not read, because that user could add entries', () => {
    const made = open();
    made.spool.keepEntry(foreignEntry(1));
    chmodSync(made.fallback, 0o777);
    expectRefused(made, `is open to others: chmod 700 ${made.fallback}`);
  });

  asRoot('of another user is not used', () => {
    const made = open();
    made.spool.keepEntry(foreignEntry(1));
    chownSync(made.fallback, 65534, 65534);
    expectRefused(made, 'belongs to another user: set fallback_directory');
  });

  test('is not followed if it is a symbolic link', () => {
    const made = open();
    made.spool.keepEntry(foreignEntry(1));
    const target = join(made.directory, 'target');
    mkdirSync(target, { mode: 0o700 });
    for (const name of readdirSync(made.fallback)) writeFileSync(join(target, name), '{}');
    rmSync(made.fallback, { recursive: true });
    symlinkSync(target, made.fallback);
    expectRefused(made, 'is not a directory: remove it, or set fallback_directory');
  });
});
