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

  /** Returns the table of the groups by program, with the groups of all programs of a segment. */
  function groupsOf(clusterIndex: number, { ids }: SoftwareLists): Int32Array {
    const table = tables[clusterIndex] ?? noPrograms;
    for (let index = 0; index < ids.length; index++) {
      const id = ids[index] ?? 0;
      if (table[id] !== unseen) continue;
      const name = clusters[clusterIndex]?.software[id] ?? null;
      table[id] = name === null ? leftOut : numberOf(name);
    }
    return table;
  }

  return {
    labels,
    ofEntries: ({ group = noPrograms, count }: Pick<Entries, 'group' | 'count'>, out: Int32Array) =>
      out.set(group.subarray(0, count)),
    ofTally: null,
    divide(entries: Entries): Entries {
      const lists = loadedPart(entries.segment.software);
      if (lists === null) return { ...entries, group: new Int32Array(entries.count).fill(numberOf(null)) };
      return divided(entries, lists, groupsOf(entries.clusterIndex, lists), () => numberOf(null));
    },
  };
}

/** Makes an entry for each group of the programs of each entry. */
function divided(
  from: Entries,
  { offsets, ids, seconds }: SoftwareLists,
  groups: Int32Array,
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
      if ((groups[ids[at] ?? 0] ?? leftOut) < 0) continue;
      programs++;
      total += seconds[at] ?? 0;
    }
    for (let at = offsets[job] ?? 0; at < end; at++) {
      const group = groups[ids[at] ?? 0] ?? leftOut;
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
  return { ...from, ...to, count: placed, areWhole: false };
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
