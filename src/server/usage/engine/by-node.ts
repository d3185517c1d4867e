import { type Buffers, buffersOf, type Entries } from './entries.ts';
import { loadedPart } from './loaded.ts';

/**
 * Returns a function that divides each entry among the nodes of its job, and keeps those of the nodes that pass. What it
 * returns is valid until the next call. The node lists of segments must be loaded.
 * @param passing for each cluster: 1 at the id of each node that passes; null for all
 */
export function nodeDivision(passing: readonly Uint8Array[] | null): (entries: Entries) => Entries {
  let buffers = buffersOf(0);
  return (entries) => {
    const most = countNodes(entries);
    if (buffers.job.length < most) buffers = buffersOf(Math.ceil(1.25 * most));
    const count = divide(entries, buffers, passing?.[entries.clusterIndex] ?? null);
    return { ...entries, ...buffers, count };
  };
}

function countNodes({ segment, job, count }: Entries): number {
  const { offsets } = loadedPart(segment.node_lists);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const which = job[index] ?? 0;
    total += Math.max(1, (offsets[which + 1] ?? 0) - (offsets[which] ?? 0));
  }
  return total;
}

/** Returns the number of entries. */
function divide(from: Entries, to: Buffers, passes: Uint8Array | null): number {
  const { offsets, ids } = loadedPart(from.segment.node_lists);
  let placed = 0;
  for (let index = 0; index < from.count; index++) {
    const job = from.job[index] ?? 0;
    const first = offsets[job] ?? 0;
    const nodes = (offsets[job + 1] ?? 0) - first;
    const parts = Math.max(1, nodes);
    let isMain = 1;
    for (let part = 0; part < parts; part++) {
      const node = nodes === 0 ? 0 : (ids[first + part] ?? 0);
      if (passes !== null && passes[node] !== 1) continue;
      to.job[placed] = job;
      to.period[placed] = from.period[index] ?? 0;
      to.share[placed] = (from.share[index] ?? 0) / parts;
      to.weight[placed] = (from.weight[index] ?? 0) / parts;
      to.isNew[placed] = from.isNew[index] ?? 0;
      to.isMain[placed] = isMain;
      isMain = 0;
      to.node[placed] = node;
      placed++;
    }
  }
  return placed;
}
