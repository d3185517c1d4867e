import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Run, withSnapshot } from '../../../src/server/status/runs.ts';
import { timestampOf } from '../../../src/server/timestamp.ts';

const maxGapMs = 20 * 60_000;
const timeOf = (minute: number) => timestampOf(new Date(Date.parse('2026-03-01T10:00:00Z') + minute * 60_000));

type Snapshot = { readonly minute: number; readonly values: ReadonlyMap<string, string> };

/** Stores snapshots one after the other, as the receiver does. */
function stored(snapshots: readonly Snapshot[]): Run[] {
  let runs: Run[] = [];
  let nextId = 1;
  const seen: string[] = [];
  for (const { minute, values } of snapshots) {
    const timestamp = timeOf(minute);
    const before =
      seen
        .filter((time) => time < timestamp)
        .sort()
        .at(-1) ?? null;
    const after = seen.filter((time) => time > timestamp).sort()[0] ?? null;
    seen.push(timestamp);
    const near = runs.filter(
      ({ first, last }) => last === before || first === after || (first < timestamp && last > timestamp),
    );
    const changes = withSnapshot(timestamp, values, near, { before, after }, maxGapMs);
    const replaced = new Set([...changes.removed, ...changes.stored.map(({ id }) => id)]);
    runs = [
      ...runs.filter(({ id }) => !replaced.has(id)),
      ...changes.stored.map((run) => ({ ...run, id: run.id ?? nextId++ })),
    ];
  }
  return runs;
}

/** The runs by their definition: snapshots in the order of time, each compared with the one before. */
function expected(snapshots: readonly Snapshot[]): Omit<Run, 'id'>[] {
  const runs: { key: string; value: string; first: number; last: number }[] = [];
  const sorted = snapshots.toSorted((a, b) => a.minute - b.minute);
  for (const [index, { minute, values }] of sorted.entries()) {
    const earlier = sorted[index - 1]?.minute ?? Number.NEGATIVE_INFINITY;
    for (const [key, value] of values) {
      const run = runs.find((one) => one.key === key && one.value === value && one.last === earlier);
      if (run && minute - earlier <= 20) run.last = minute;
      else runs.push({ key, value, first: minute, last: minute });
    }
  }
  return runs.map((run) => ({ ...run, first: timeOf(run.first), last: timeOf(run.last) }));
}

const sorted = (runs: readonly Omit<Run, 'id'>[]) =>
  runs.map(({ key, value, first, last }) => [key, first, last, value].join(' ')).sort();

const snapshots = fc.uniqueArray(
  fc.record({
    minute: fc.nat(60),
    values: fc
      .dictionary(fc.constantFrom('ada', 'bob'), fc.constantFrom('1', '2'))
      .map((values) => new Map(Object.entries(values))),
  }),
  { selector: ({ minute }) => minute, maxLength: 14 },
);

test('snapshots in any order give the runs that the order of time gives', () => {
  fc.assert(
    fc.property(snapshots, (list) => expect(sorted(stored(list))).toEqual(sorted(expected(list)))),
    {
      numRuns: 500,
    },
  );
});
