import { type Cluster, clusterNamed } from '../../store/clusters.ts';
import { Unavailable } from '../../store/errors.ts';
import type { Reader } from '../../store/port.ts';
import { namesAfter, programsAfter } from '../../store/usage-names.ts';
import { partsOfSegments, type SegmentParts, segmentsAfter } from '../../store/usage-segments.ts';
import type { ClusterClock } from '../cluster-clock.ts';
import { clockOf } from '../segments/rebuild.ts';
import {
  type Cells,
  decodeCells,
  decodeJobs,
  decodeNodeLists,
  decodeSoftware,
  type Jobs,
  type NodeLists,
  type Sized,
  type SoftwareLists,
} from '../segments/segment.ts';
import { freeMemory } from './free-memory.ts';
import type { UsageWindow } from './periods.ts';

/** A segment in memory. */
export type Segment = {
  readonly day: number;
  readonly version: number;
  readonly jobCount: number;
  readonly firstDay: number;
  readonly lastDay: number;
  readonly cells: Cells;
  readonly columns: Part<Jobs>;
  readonly node_lists: Part<NodeLists>;
  /** Null if no job of the segment was sampled. */
  readonly software: Part<SoftwareLists | null>;
};

/** A part of a segment that is loaded when a question needs it. `usedAt` is the number of the last such question. */
type Part<Data> = { loaded: Sized<Data> | null; usedAt: number };

/** A cluster in memory. */
export type Loaded = {
  readonly cluster: Cluster;
  readonly clock: ClusterClock;
  /** The names by id; the first one, of id 0, is null. */
  readonly names: readonly (string | null)[];
  /** The software of each program by the id of the program; null for one that the rules leave out. */
  readonly software: readonly (string | null)[];
  /** Those that have jobs, by day. */
  readonly segments: readonly Segment[];
};

/** The data that a question reads: days, and the parts of their segments beside the cells. */
export type Needs = {
  readonly from: number;
  readonly until: number;
  readonly parts: readonly (keyof SegmentParts)[];
};

type Held = {
  cluster: Cluster;
  clock: ClusterClock;
  version: number;
  names: (string | null)[];
  software: (string | null)[];
  segments: Map<number, Segment>;
};

/** Segments whose parts one statement reads: some megabytes. */
const segmentsAtOnce = 50;
const attempts = 5;

/**
 * Returns a cache of decoded segments. Each use reads the version of the cluster first, so that an answer has every job
 * that was stored before it.
 * @param maxBytes the most memory that the loaded parts keep after a question, in bytes
 * @param softwareOf returns the software of a program's path; null for one that is left out
 */
export function createSegmentCache(reader: Reader, maxBytes: number, softwareOf: (path: string) => string | null) {
  const held = new Map<string, Held>();
  let question = 0;

  /** Returns null if the cluster never had a job. */
  async function refresh(name: string): Promise<Held | null> {
    const cluster = await clusterNamed(reader, name);
    if (cluster === null) return null;
    if (!cluster.isSegmented) throw new Unavailable('busy', `the usage of ${name} is being calculated`);
    let known = held.get(name);
    if (!known || !isCountedAlike(known.cluster, cluster) || cluster.version < known.version) {
      known = { cluster, clock: clockOf(cluster), version: 0, names: [null], software: [null], segments: new Map() };
      held.set(name, known);
    }
    known.cluster = cluster;
    if (cluster.version === known.version) return known;
    // The names are read after the segments: they have at least the names of these.
    for (const row of await segmentsAfter(reader, name, known.version)) {
      known.version = Math.max(known.version, row.version);
      known.segments.set(row.day, {
        day: row.day,
        version: row.version,
        jobCount: row.jobs,
        firstDay: row.first_day,
        lastDay: row.last_day,
        cells: decodeCells(row.cells).data,
        columns: { loaded: null, usedAt: 0 },
        node_lists: { loaded: null, usedAt: 0 },
        software: { loaded: null, usedAt: 0 },
      });
    }
    for (const { id, name: text } of await namesAfter(reader, name, known.names.length - 1)) known.names[id] = text;
    for (const { id, name: path } of await programsAfter(reader, name, known.software.length - 1)) {
      known.software[id] = softwareOf(path);
    }
    return known;
  }

  /** Returns false if a segment has changed since it was listed. */
  async function loadPart(name: string, segments: readonly Segment[], part: keyof SegmentParts): Promise<boolean> {
    const missing = new Map<number, Segment>();
    for (const segment of segments) {
      segment[part].usedAt = question;
      if (segment[part].loaded === null) missing.set(segment.day, segment);
    }
    const days = [...missing.keys()];
    for (let from = 0; from < days.length; from += segmentsAtOnce) {
      const slice = days.slice(from, from + segmentsAtOnce);
      const range = { first: slice[0] ?? 0, last: slice.at(-1) ?? 0 };
      for (const row of await partsOfSegments(reader, part, name, range)) {
        const segment = missing.get(row.day);
        if (segment?.version !== row.version) continue;
        if (part === 'software') segment.software.loaded = decodeSoftware(row.part);
        else if (row.part === null) continue;
        else if (part === 'columns') segment.columns.loaded = decodeJobs(row.part);
        else segment.node_lists.loaded = decodeNodeLists(row.part);
        missing.delete(row.day);
      }
      freeMemory();
    }
    return missing.size === 0;
  }

  function forgetOldest(): void {
    const parts = [...held.values()].flatMap(({ segments }) =>
      [...segments.values()].flatMap((segment) => [segment.columns, segment.node_lists, segment.software]),
    );
    let bytes = parts.reduce((sum, part) => sum + (part.loaded?.bytes ?? 0), 0);
    if (bytes <= maxBytes) return;
    for (const part of parts.sort((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= maxBytes) return;
      bytes -= part.loaded?.bytes ?? 0;
      part.loaded = null;
    }
  }

  return {
    /**
     * Returns clusters with the segments that have something on the days, and runs `work` on them before they can change.
     * A cluster without jobs is left out.
     * @throws Unavailable if the database cannot be used, or while the segments of a cluster are being made
     */
    async use<Result>(
      names: readonly string[],
      needsOf: (clusters: readonly Loaded[]) => Needs | Promise<Needs>,
      work: (clusters: readonly Loaded[]) => Result,
    ): Promise<Result> {
      for (let attempt = 0; attempt < attempts; attempt++) {
        question += 1;
        const all: Loaded[] = [];
        for (const name of names) {
          const known = await refresh(name);
          if (known) all.push({ ...known, segments: byDay(known) });
        }
        const { from, until, parts } = await needsOf(all);
        const clusters = all.map((loaded) => ({ ...loaded, segments: segmentsIn(loaded, { from, until }) }));
        let isCurrent = true;
        for (const { cluster, segments } of clusters) {
          for (const part of parts) isCurrent = (await loadPart(cluster.name, segments, part)) && isCurrent;
        }
        if (!isCurrent) continue;
        const result = work(clusters);
        forgetOldest();
        return result;
      }
      throw new Unavailable('busy', 'the jobs of the question change faster than they can be read');
    },
  };
}

export type SegmentCache = ReturnType<typeof createSegmentCache>;

/** Returns the segments of a cluster that have something on the days of a window. */
export function segmentsIn({ segments }: Loaded, { from, until }: UsageWindow): readonly Segment[] {
  return segments.filter(({ firstDay, lastDay }) => firstDay < until && lastDay >= from);
}

function byDay({ segments }: Held): Segment[] {
  return [...segments.values()].filter(({ jobCount }) => jobCount > 0).sort((a, b) => a.day - b.day);
}

function isCountedAlike(a: Cluster, b: Cluster): boolean {
  return a.timeZone === b.timeZone && a.storedTimes === b.storedTimes;
}

/** Returns a part that `Needs` named. */
export function loadedPart<Data>(part: Part<Data>): Data {
  if (part.loaded === null) throw new Error('a part of a segment was not loaded');
  return part.loaded.data;
}
