import type { NameDimension } from '../segments/segment.ts';
import { softwareGrouping } from './by-software.ts';
import type { Entries } from './entries.ts';
import { accountLevels } from './filter.ts';
import type { Loaded } from './loaded.ts';
import { sizeClassOf, sizeLabels } from './size-classes.ts';
import type { Tally } from './tally.ts';

/** The properties by which a question can group jobs. */
export const dimensions = [
  'cluster',
  'partition',
  'account',
  'user',
  'qos',
  'state',
  'size',
  'node',
  'software',
] as const;
export type Dimension = (typeof dimensions)[number];

/** The name of a group: null is an absent QOS, the jobs without a node list, or the jobs that were not sampled. */
export type Label = string | null;

/** The members of entries that a grouping reads; without `node`, it cannot group by node. */
export type SomeJobs = Pick<Entries, 'clusterIndex' | 'segment' | 'jobs' | 'job' | 'count' | 'group'> & {
  readonly node?: Int32Array;
};

/** Gives entries and tallies the numbers of their groups. A group gets its number when it is first seen. */
export type Grouping = {
  /** By number. */
  readonly labels: readonly Label[];
  /** Writes the group of each entry. `out` must be used with this grouping only. */
  ofEntries(entries: SomeJobs, out: Int32Array): void;
  /** Writes the group of each row of a tally; null if rows do not have the dimension. The same `out` as above can be used. */
  readonly ofTally: ((tally: Tally, out: Int32Array) => void) | null;
  /** Divides entries whose jobs are in several groups, before `ofEntries`; null if each entry has one group. */
  readonly divide: ((entries: Entries) => Entries) | null;
};

const noNumbers = new Int32Array(0);

/** Returns the grouping of a question that divides nothing: one group. */
export function noGrouping(): Grouping {
  return {
    labels: [null],
    // New arrays are full of zeros.
    ofEntries: () => undefined,
    ofTally: () => undefined,
    divide: null,
  };
}

/**
 * Returns a grouping.
 * @param levels the levels of account names that make a group; 0 for whole names
 * @param only if given, the groups that stay, in this order; all others are the group after them
 */
export function groupingBy(
  dimension: Dimension,
  clusters: readonly Loaded[],
  levels: number,
  only: readonly Label[] | null = null,
): Grouping {
  const labels: Label[] = only === null ? [] : [...only];
  const numbers = new Map<Label, number>(labels.map((label, index) => [label, index]));
  function numberOf(label: Label): number {
    const known = numbers.get(label);
    if (known !== undefined) return known;
    if (only !== null) return only.length;
    numbers.set(label, labels.length);
    return labels.push(label) - 1;
  }

  if (dimension === 'software') return softwareGrouping(clusters, labels, numberOf);
  if (dimension === 'cluster') {
    const name = (index: number) => numberOf(clusters[index]?.cluster.name ?? null);
    return {
      labels,
      ofEntries: (entries, out) => void out.fill(name(entries.clusterIndex), 0, entries.count),
      ofTally: ({ clusterIndex, count }, out) => void out.fill(name(clusterIndex), 0, count),
      divide: null,
    };
  }
  if (dimension === 'size') {
    const table = new Int32Array(sizeLabels.length).fill(-1);
    return {
      labels,
      ofEntries({ jobs, job, count }, out) {
        for (let index = 0; index < count; index++) {
          const size = sizeClassOf(jobs.cpus[job[index] ?? 0] ?? 0);
          if (table[size] === -1) table[size] = numberOf(sizeLabels[size] ?? null);
          out[index] = table[size] ?? 0;
        }
      },
      ofTally: null,
      divide: null,
    };
  }

  // The number of the group of each id; -1 before it is first seen.
  const tables = clusters.map(({ names }) => new Int32Array(names.length).fill(-1));
  const labelOf = (clusterIndex: number, id: number): Label => {
    const loaded = clusters[clusterIndex];
    const name = loaded?.names[id] ?? null;
    if (dimension !== 'account' || name === null || !loaded) return name;
    return accountLevels(name, levels, loaded.cluster.accountSeparator);
  };
  function numberOfNew(clusterIndex: number, id: number): number {
    const number = numberOf(labelOf(clusterIndex, id));
    const table = tables[clusterIndex];
    if (table) table[id] = number;
    return number;
  }
  if (dimension === 'node') {
    return {
      labels,
      ofEntries({ clusterIndex, node = noNumbers, count }, out) {
        const table = tables[clusterIndex] ?? noNumbers;
        for (let index = 0; index < count; index++) {
          const id = node[index] ?? 0;
          const known = table[id] ?? -1;
          out[index] = known >= 0 ? known : numberOfNew(clusterIndex, id);
        }
      },
      ofTally: null,
      divide: null,
    };
  }
  const name: NameDimension = dimension;
  return {
    labels,
    ofEntries({ clusterIndex, segment, jobs, job, count }, out) {
      const ids = segment.cells.combinations[name];
      const table = tables[clusterIndex] ?? noNumbers;
      for (let index = 0; index < count; index++) {
        const id = ids[jobs.combination[job[index] ?? 0] ?? 0] ?? 0;
        const known = table[id] ?? -1;
        out[index] = known >= 0 ? known : numberOfNew(clusterIndex, id);
      }
    },
    ofTally({ clusterIndex, segment, combination, count }, out) {
      const ids = segment.cells.combinations[name];
      const table = tables[clusterIndex] ?? noNumbers;
      for (let index = 0; index < count; index++) {
        const id = ids[combination[index] ?? 0] ?? 0;
        const known = table[id] ?? -1;
        out[index] = known >= 0 ? known : numberOfNew(clusterIndex, id);
      }
    },
    divide: null,
  };
}
