/** What is reported when the spool is imported. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { OutboxUnwritable } from '../../../src/outbox/unwritable.ts';
import { acceptedAttempt, type Box, foreignEntry, openBox } from '../box.ts';

let box: Box;
beforeEach(() => {
  box = openBox();
});
afterEach(() => box[Symbol.dispose]());

/** Stores entries in the spool, collected at these seconds; returns their files. */
const keep = (...seconds: number[]) => seconds.map((second) => box.spool.keepEntry(foreignEntry(second)).file);
const keepAnswer = () =>
  box.spool.keepAnswer({
    id: Bun.randomUUIDv7(),
    attempt: acceptedAttempt,
    change: { state: 'delivered', deliveredAt: 5, answer: '{}', charged: true, mayHaveArrived: true },
  });
const imported = (snapshots: string) => `Imported ${snapshots} from the fallback directory into the outbox`;

/** Lets the outbox accept so many entries, and then fail. */
function failAfter(accepted: number, error: Error): void {
  const takeIn = box.outbox.takeIn.bind(box.outbox);
  let taken = 0;
  spyOn(box.outbox, 'takeIn').mockImplementation((entry) => {
    taken += 1;
    if (taken > accepted) throw error;
    return takeIn(entry);
  });
}

describe('the log has the number of imported snapshots', () => {
  test.each<[string, number[], string[]]>([
    ['none: no line', [], []],
    ['one', [1], [imported('1 snapshot')]],
    ['three', [1, 2, 3], [imported('3 snapshots')]],
  ])('%s', (_, seconds, lines) => {
    keep(...seconds);
    box.takeIn();
    expect(box.lines).toEqual(lines);
    expect(box.outbox.list('all').map(({ collectedAt }) => collectedAt.getTime())).toEqual(
      seconds.map((second) => Date.UTC(2026, 0, 1, 0, 0, second)),
    );
    box.takeIn();
    expect(box.lines).toEqual(lines);
  });

  test('without a damaged one, which is put aside', () => {
    const [damaged = ''] = keep(1, 2);
    writeFileSync(damaged, readFileSync(damaged, 'utf8').replace('\\"second\\":1', '\\"second\\":9'));
    box.takeIn();
    expect(box.lines).toEqual([
      `cannot import ${damaged}: the sha-256 of its body differs; it is kept as ${damaged}.damaged`,
      imported('1 snapshot'),
    ]);
  });

  test('without one that another process has imported', () => {
    const files = keep(1, 2);
    spyOn(box.spool, 'entries').mockReturnValue(files);
    rmSync(files[0] ?? '');
    box.takeIn();
    expect(box.lines).toEqual([imported('1 snapshot')]);
  });
});

describe('a snapshot that cannot be imported yet', () => {
  const full = new OutboxUnwritable('the outbox is full', 'make room', null);
  const left = (snapshots: string) =>
    `${snapshots} still cannot be imported into the outbox: the outbox is full; make room`;

  test.each<[number, string[]]>([
    [0, [left('3 snapshots')]],
    [1, [left('2 snapshots'), imported('1 snapshot')]],
    [2, [left('1 snapshot'), imported('2 snapshots')]],
  ])('stays in the spool with later ones, after %d others', (accepted, lines) => {
    const files = keep(1, 2, 3);
    failAfter(accepted, full);
    box.takeIn();
    expect(box.lines).toEqual(lines);
    expect(box.spool.entries()).toEqual(files.slice(accepted));
  });

  test('because it cannot be read is reported', () => {
    spyOn(box.spool, 'entries').mockReturnValue([box.directory]);
    box.takeIn();
    expect(box.lines).toEqual([
      `1 snapshot still cannot be imported into the outbox: cannot read ${box.directory}: EISDIR: illegal operation on a directory, read; check its disk: dmesg; df -h`,
    ]);
  });

  test('because of another error ends the command', () => {
    keep(1);
    failAfter(0, new Error('something else'));
    expect(box.takeIn).toThrow('something else');
    expect(box.spool.entries()).toHaveLength(1);
  });
});

test('an answer that cannot be read yet ends the command, because its entry would be sent again', () => {
  spyOn(box.spool, 'answers').mockReturnValue([box.directory]);
  keep(1);
  expect(box.takeIn).toThrow(
    new OutboxUnwritable(
      `cannot read ${box.directory}: EISDIR: illegal operation on a directory, read`,
      'check its disk: dmesg; df -h',
      null,
    ),
  );
  expect(box.outbox.list('all')).toEqual([]);
});

test('a damaged answer is put aside, and entries are imported', () => {
  const answer = keepAnswer();
  writeFileSync(answer, '{"outbox": "x"');
  keep(1);
  box.takeIn();
  expect(box.lines).toEqual([
    expect.stringMatching(
      /^cannot import .*\.answer\.json: JSON Parse error: .*; it is kept as .*\.answer\.json\.damaged$/,
    ),
    imported('1 snapshot'),
  ]);
  expect(readdirSync(box.fallback)).toEqual([expect.stringMatching(/\.answer\.json\.damaged$/)]);
});
