import type { Entries } from '../engine/entries.ts';
import { createKeySet } from '../engine/key-set.ts';
import type { Tally } from '../engine/tally.ts';
import type { NameDimension } from '../segments/segment.ts';

/** Counts the jobs of each name of a dimension, by id. */
export function createNameCounts(dimension: NameDimension, nameCount: number) {
  const counts = new Float64Array(nameCount);
  return {
    counts,
    addTally({ segment, combination, jobs, count }: Tally): void {
      const ids = segment.cells.combinations[dimension];
      for (let row = 0; row < count; row++) {
        const id = ids[combination[row] ?? 0] ?? 0;
        counts[id] = (counts[id] ?? 0) + (jobs[row] ?? 0);
      }
    },
  };
}

/** Values up to here are counted in an array, which is ten times as fast as a Map. */
const smallValues = 65_536;

/** Counts the jobs of each number of CPUs, GPUs or nodes. */
export function createValueCounts(column: 'cpus' | 'gpus' | 'nodes', least: number) {
  const small = new Float64Array(smallValues);
  const large = new Map<number, number>();
  return {
    addEntries({ jobs, job, count }: Entries): void {
      const values = jobs[column];
      for (let index = 0; index < count; index++) {
        const value = values[job[index] ?? 0] ?? 0;
        if (value < smallValues) small[value] = (small[value] ?? 0) + 1;
        else large.set(value, (large.get(value) ?? 0) + 1);
      }
    },
    /** Returns every value from `least` on, ascending. */
    finish(): { x: number[]; y: number[] } {
      const found: [number, number][] = [];
      for (let value = least; value < small.length; value++) {
        const count = small[value] ?? 0;
        if (count > 0) found.push([value, count]);
      }
      found.push(...[...large].sort(([a], [b]) => a - b));
      return { x: found.map(([value]) => value), y: found.map(([, count]) => count) };
    },
  };
}

/** Counts the periods in which each user has jobs. */
export function createActivePeriods(periodCount: number, nameCount: number) {
  const seen = createKeySet();
  seen.reserve(periodCount * nameCount);
  return {
    addTally({ segment, combination, period, count }: Tally): void {
      const { user } = segment.cells.combinations;
      for (let row = 0; row < count; row++) {
        seen.add((period[row] ?? 0) * nameCount + (user[combination[row] ?? 0] ?? 0));
      }
    },
    /** Returns the number of periods of each user, by id. */
    finish(): Map<number, number> {
      const periods = new Map<number, number>();
      seen.forEach((key) => {
        const user = key % nameCount;
        periods.set(user, (periods.get(user) ?? 0) + 1);
      });
      return periods;
    },
  };
}

/**
 * Counts users by group and period, each user of a period once: in the group in which the user has most jobs. The groups
 * of a period then add up to its users.
 */
export function createMainGroups(periodCount: number, nameCount: number) {
  const jobsOf = new Map<number, number>();
  return {
    addTally({ segment, combination, period, jobs, count }: Tally, groups: Int32Array): void {
      const { user } = segment.cells.combinations;
      for (let row = 0; row < count; row++) {
        const id = user[combination[row] ?? 0] ?? 0;
        const key = ((groups[row] ?? 0) * periodCount + (period[row] ?? 0)) * nameCount + id;
        jobsOf.set(key, (jobsOf.get(key) ?? 0) + (jobs[row] ?? 0));
      }
    },
    /** Returns the users of each period, by group. */
    finish(): Map<number, number[]> {
      const best = new Map<number, { readonly group: number; readonly jobs: number }>();
      for (const [key, jobs] of jobsOf) {
        const group = Math.floor(key / nameCount / periodCount);
        const place = key - group * periodCount * nameCount;
        const known = best.get(place);
        if (!known || jobs > known.jobs || (jobs === known.jobs && group < known.group))
          best.set(place, { group, jobs });
      }
      const users = new Map<number, number[]>();
      for (const [place, { group }] of best) {
        const list = users.get(group) ?? new Array<number>(periodCount).fill(0);
        const period = Math.floor(place / nameCount);
        list[period] = (list[period] ?? 0) + 1;
        users.set(group, list);
      }
      return users;
    },
  };
}
