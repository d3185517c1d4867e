import type { Jobs, SoftwareLists } from '../segments/segment.ts';
import { buffersOf, type Entries } from './entries.ts';
import { type Masks, selectRows } from './filter.ts';
import { type Loaded, loadedPart, segmentsIn } from './loaded.ts';
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
  /** The numbers of the size classes that pass; null for all. */
  readonly sizes: ReadonlySet<number> | null;
  /** For each cluster: 1 at the id of each program that passes; null for all jobs. */
  readonly software: readonly Uint8Array[] | null;
};

/** Calls `take` with the entries of each segment. They are valid until it returns. */
export function scanJobs(scan: Scan, take: (entries: Entries) => void): void {
  let selected = new Int32Array(0);
  let buffers = buffersOf(0);
  for (const [clusterIndex, loaded] of scan.clusters.entries()) {
    const begins = beginsOf(scan.periods, loaded.clock);
    for (const segment of segmentsIn(loaded, scan.periods.window)) {
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
      if (placed > 0) take({ clusterIndex, segment, jobs, count: placed, ...buffers });
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
