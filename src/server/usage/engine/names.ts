import { type Ids, type NameDimension, nameDimensions } from '../segments/segment.ts';
import type { Entries } from './entries.ts';
import { everything, type JobFilter, masksOf } from './filter.ts';
import type { Loaded } from './loaded.ts';
import { type UsageWindow, wholeWindow } from './periods.ts';
import { scanJobs } from './scan.ts';

/** The names of some jobs, sorted. An absent or empty QOS is not among them. */
export type Names = Readonly<Record<NameDimension, readonly string[]>>;

/** Returns the names of the jobs of a cluster that were submitted in a window. Partitions `a,b` are two names. */
export function namesIn(loaded: Loaded, window: UsageWindow, filter: JobFilter = everything): Names {
  const seen = new Map(nameDimensions.map((dimension) => [dimension, new Uint8Array(loaded.names.length)]));
  const scan = {
    clusters: [loaded],
    masks: [masksOf(filter, loaded)],
    axis: 'submitted' as const,
    periods: wholeWindow(window),
    sizes: null,
    software: null,
  };
  scanJobs(scan, (entries) => {
    const { combinations } = entries.segment.cells;
    const found = new Uint8Array(combinations.count);
    markCombinations(entries, found);
    for (const [dimension, ids] of seen) markNames(combinations[dimension], found, ids);
  });
  const listed = (dimension: NameDimension): string[] => {
    const names = new Set<string>();
    seen.get(dimension)?.forEach((isSeen, id) => {
      const name = loaded.names[id] ?? '';
      if (isSeen === 0) return;
      for (const part of dimension === 'partition' ? name.split(',') : [name]) if (part !== '') names.add(part);
    });
    return [...names].sort();
  };
  return {
    partition: listed('partition'),
    account: listed('account'),
    user: listed('user'),
    qos: listed('qos'),
    state: listed('state'),
  };
}

function markCombinations({ jobs, job, count }: Entries, found: Uint8Array): void {
  const { combination } = jobs;
  for (let index = 0; index < count; index++) found[combination[job[index] ?? 0] ?? 0] = 1;
}

function markNames(ids: Ids, found: Uint8Array, seen: Uint8Array): void {
  for (let index = 0; index < found.length; index++) if (found[index] === 1) seen[ids[index] ?? 0] = 1;
}
