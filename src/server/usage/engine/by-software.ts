import type { SoftwareLists } from '../segments/segment.ts';
import { buffersOf, type Entries } from './entries.ts';
import { type Loaded, loadedPart } from './loaded.ts';

/** The number of a program that has no group yet, and that of one that the rules leave out. */
const [unseen, leftOut] = [-1, -2];
const noPrograms = new Int32Array(0);

/**
 * Returns the grouping of jobs by the software that they ran. A job is in the group of each of its software, and its
 * usage is divided by their shares of its CPU time. Jobs without a sample are in the group null.
 * @param labels the names of the groups by their numbers
 * @param numberOf returns the number of a group
 */
export function softwareGrouping(
  clusters: readonly Loaded[],
  labels: readonly (string | null)[],
  numberOf: (label: string | null) => number,
) {
  const tables = clusters.map(({ software }) => new Int32Array(software.length).fill(unseen));

  /** Returns the group of a program of a job that is counted. */
  function groupOf(clusterIndex: number, id: number): number {
    const table = tables[clusterIndex] ?? noPrograms;
    if (table[id] === unseen) {
      const name = clusters[clusterIndex]?.software[id] ?? null;
      table[id] = name === null ? leftOut : numberOf(name);
    }
    return table[id] ?? leftOut;
  }

  return {
    labels,
    ofEntries: ({ group = noPrograms, count }: Pick<Entries, 'group' | 'count'>, out: Int32Array) =>
      out.set(group.subarray(0, count)),
    ofTally: null,
    divide(entries: Entries): Entries {
      const lists = loadedPart(entries.segment.software);
      if (lists === null) return { ...entries, group: new Int32Array(entries.count).fill(numberOf(null)) };
      const { clusterIndex } = entries;
      return divided(
        entries,
        lists,
        (id) => groupOf(clusterIndex, id),
        () => numberOf(null),
      );
    },
  };
}

/** Makes an entry for each group of the programs of each entry. */
function divided(
  from: Entries,
  { offsets, ids, seconds }: SoftwareLists,
  groupOf: (program: number) => number,
  notSampled: () => number,
): Entries {
  let most = from.count;
  for (let index = 0; index < from.count; index++) {
    const job = from.job[index] ?? 0;
    most += (offsets[job + 1] ?? 0) - (offsets[job] ?? 0);
  }
  const to = { ...buffersOf(most), group: new Int32Array(most) };
  let placed = 0;
  for (let index = 0; index < from.count; index++) {
    const job = from.job[index] ?? 0;
    const end = offsets[job + 1] ?? 0;
    const first = placed;
    let [programs, total] = [0, 0];
    for (let at = offsets[job] ?? 0; at < end; at++) {
      if (groupOf(ids[at] ?? 0) < 0) continue;
      programs++;
      total += seconds[at] ?? 0;
    }
    for (let at = offsets[job] ?? 0; at < end; at++) {
      const group = groupOf(ids[at] ?? 0);
      if (group < 0) continue;
      // Programs that used no CPU time have equal shares.
      const share = (from.share[index] ?? 0) * (total > 0 ? (seconds[at] ?? 0) / total : 1 / programs);
      // Several programs can be of one group.
      let part = first;
      while (part < placed && to.group[part] !== group) part++;
      if (part < placed) to.share[part] = (to.share[part] ?? 0) + share;
      else placed = place(from, index, to, placed, group, share);
    }
    if (programs === 0) placed = place(from, index, to, placed, notSampled(), from.share[index] ?? 0);
  }
  return { ...from, ...to, count: placed };
}

type Places = ReturnType<typeof buffersOf> & { readonly group: Int32Array };

function place(from: Entries, index: number, to: Places, at: number, group: number, share: number): number {
  to.job[at] = from.job[index] ?? 0;
  to.period[at] = from.period[index] ?? 0;
  to.share[at] = share;
  to.weight[at] = from.weight[index] ?? 0;
  to.isNew[at] = from.isNew[index] ?? 0;
  to.isMain[at] = from.isMain[index] ?? 0;
  to.node[at] = from.node[index] ?? 0;
  to.group[at] = group;
  return at + 1;
}
