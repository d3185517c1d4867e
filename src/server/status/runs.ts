import { millisecondsOf } from '../timestamp.ts';

/**
 * A run: the longest row of consecutive snapshots in which a key has the same value. `first` and `last` are the
 * timestamps of its snapshots at both ends. `id` is null before it is stored.
 */
export type Run = {
  readonly id: number | null;
  readonly key: string;
  readonly value: string;
  readonly first: string;
  readonly last: string;
};

/** The timestamps of the snapshots of a system just before and after another, null if there is none. */
export type Neighbours = { readonly before: string | null; readonly after: string | null };

/** The changes of the stored runs by a snapshot. */
export type RunChanges = {
  /** Runs that begin, or are longer or shorter than before. */
  readonly stored: readonly Run[];
  /** The ids of runs that are parts of longer ones now. */
  readonly removed: readonly number[];
};

/**
 * Returns what a snapshot changes in the runs of its system. The runs are the same in any order of the snapshots. A
 * run has no gap longer than `maxGapMs` between two snapshots, because the values in it are unknown.
 * @param values the value of each key in the snapshot; an absent key has no value
 * @param runs those that end at the previous snapshot or later, and begin at the next one or before
 */
export function withSnapshot(
  timestamp: string,
  values: ReadonlyMap<string, string>,
  runs: readonly Run[],
  { before, after }: Neighbours,
  maxGapMs: number,
): RunChanges {
  const stored: Run[] = [];
  const removed: number[] = [];
  const runsOf = Map.groupBy(runs, ({ key }) => key);
  const isNear = (from: string, to: string) => millisecondsOf(to) - millisecondsOf(from) <= maxGapMs;
  for (const key of new Set([...runsOf.keys(), ...values.keys()])) {
    const value = values.get(key);
    const alone = value === undefined ? [] : [{ id: null, key, value, first: timestamp, last: timestamp }];
    const near = runsOf.get(key) ?? [];
    const around = near.find(({ first, last }) => first < timestamp && last > timestamp);
    if (around) {
      if (around.value === value || before === null || after === null) continue;
      stored.push({ ...around, last: before }, ...alone, { ...around, id: null, first: after });
      continue;
    }
    const left = near.find((run) => run.last === before && run.value === value && isNear(run.last, timestamp));
    const right = near.find((run) => run.first === after && run.value === value && isNear(timestamp, run.first));
    if (left && right) {
      stored.push({ ...left, last: right.last });
      if (right.id !== null) removed.push(right.id);
    } else if (left) stored.push({ ...left, last: timestamp });
    else if (right) stored.push({ ...right, first: timestamp });
    else stored.push(...alone);
  }
  return { stored, removed };
}
