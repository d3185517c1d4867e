import type { Jobs, SoftwareLists } from '../segments/segment.ts';
import { type Buffers, buffersOf, type Entries } from './entries.ts';
import { type Masks, selectRows } from './filter.ts';
import { type Loaded, loadedPart, type Segment } from './loaded.ts';
import { beginsOf, type Periods } from './periods.ts';
import { placeOnce, placeRuns } from './place.ts';
import { sizeClassOf } from './size-classes.ts';

/** The times by which a question counts jobs: when they were submitted, started or ended, or while they ran. */
export const axes = ['submitted', 'started', 'ended', 'ran'] as const;
export type Axis = (typeof axes)[number];

/** The jobs that a scan finds. */
export type Scan = {
  readonly clusters: readonly Loaded[];
  /** For each cluster. */
  readonly masks: readonly Masks[];
  readonly axis: Axis;
  readonly periods: Periods;
  readonly isByNode: boolean;
  /** The numbers of the size classes that pass; null for all. */
  readonly sizes: ReadonlySet<number> | null;
  /** For each cluster: 1 at the id of each node that passes; null for all. The question must be by node. */
  readonly nodes: readonly Uint8Array[] | null;
  /** For each cluster: 1 at the id of each program that passes; null for all jobs. */
  readonly software: readonly Uint8Array[] | null;
};

/** Calls `take` with the entries of each segment. They are valid until it returns. */
export function scanJobs(scan: Scan, take: (entries: Entries) => void): void {
  const areWhole = scan.axis !== 'ran' && !scan.isByNode;
  let selected = new Int32Array(0);
  let buffers = buffersOf(0);
  for (const [clusterIndex, loaded] of scan.clusters.entries()) {
    const begins = beginsOf(scan.periods, loaded.clock);
    for (const segment of loaded.segments) {
      const jobs = loadedPart(segment.columns);
      if (selected.length < jobs.count) selected = new Int32Array(jobs.count);
      let count = selectRows(jobs, segment.cells.combinations, scan.masks[clusterIndex] ?? [], selected);
      if (scan.sizes !== null) count = keepSizes(jobs, scan.sizes, selected, count);
      if (scan.software !== null) {
        const passes = scan.software[clusterIndex] ?? new Uint8Array(0);
        count = keepSoftware(loadedPart(segment.software), passes, selected, count);
      }
      if (count === 0) continue;
      if (buffers.job.length < count) buffers = buffersOf(count);
      let placed: number;
      if (scan.axis === 'ran') {
        [buffers, placed] = placeRuns(jobs, segment.day, loaded, scan.periods, begins, selected, count, buffers);
      } else {
        const base = loaded.clock.beginOf(segment.day);
        placed = placeOnce(jobs[timeOf[scan.axis]], base, begins, selected, count, buffers);
      }
      if (placed === 0) continue;
      let [entries, entryCount] = [buffers, placed];
      if (scan.isByNode) {
        [entries, entryCount] = divideByNode(segment, buffers, placed, scan.nodes?.[clusterIndex] ?? null);
      }
      if (entryCount > 0) take({ clusterIndex, segment, jobs, count: entryCount, areWhole, ...entries });
    }
  }
}

/** The column of the time by which a question counts jobs. */
const timeOf = { submitted: 'submit', started: 'start', ended: 'end' } as const;

function keepSizes({ cpus }: Jobs, sizes: ReadonlySet<number>, selected: Int32Array, count: number): number {
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = selected[index] ?? 0;
    if (!sizes.has(sizeClassOf(cpus[row] ?? 0))) continue;
    selected[left] = row;
    left++;
  }
  return left;
}

/** Keeps the jobs that ran a program that passes. */
function keepSoftware(software: SoftwareLists | null, passes: Uint8Array, selected: Int32Array, count: number): number {
  if (software === null) return 0;
  const { offsets, ids } = software;
  let left = 0;
  for (let index = 0; index < count; index++) {
    const row = selected[index] ?? 0;
    const end = offsets[row + 1] ?? 0;
    let at = offsets[row] ?? 0;
    while (at < end && passes[ids[at] ?? 0] !== 1) at++;
    if (at === end) continue;
    selected[left] = row;
    left++;
  }
  return left;
}

/** Divides each entry among the nodes of its job, and keeps those of the nodes that pass. */
function divideByNode(segment: Segment, from: Buffers, count: number, passes: Uint8Array | null): [Buffers, number] {
  const { offsets, ids } = loadedPart(segment.node_lists);
  let total = 0;
  for (let index = 0; index < count; index++) {
    const job = from.job[index] ?? 0;
    total += Math.max(1, (offsets[job + 1] ?? 0) - (offsets[job] ?? 0));
  }
  const to = buffersOf(total);
  let placed = 0;
  for (let index = 0; index < count; index++) {
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
  return [to, placed];
}
