import type { Asked } from './asked.ts';
import { nodeDivision } from './by-node.ts';
import { createEfficiencies, type Efficiencies } from './efficiency.ts';
import type { Entries } from './entries.ts';
import { type Masks, masksOf } from './filter.ts';
import { type Grouping, noGrouping } from './grouping.ts';
import { type Loaded, segmentsIn } from './loaded.ts';
import type { Measure } from './measures.ts';
import type { Periods } from './periods.ts';
import type { Question } from './question.ts';
import { type Scan, scanJobs } from './scan.ts';
import { sizeLabels } from './size-classes.ts';
import { createSums, type Sums } from './sums.ts';
import { createTallies, type Tally } from './tally.ts';
import { createTimings, type TimingKind, type Timings } from './timings.ts';

/** What was collected from cells or jobs for the measures of a question, by group and period. */
export type Found = {
  readonly sums: Sums;
  readonly timings: ReadonlyMap<TimingKind, Timings>;
  /** Null if the question does not ask for it. */
  readonly efficiencies: Efficiencies | null;
};

/** True if a question counts each node of a job. */
export function isByNode({ by, nodes }: Question): boolean {
  return by === 'node' || nodes !== null;
}

function timingKinds(measures: readonly Measure[]): TimingKind[] {
  return (['wait', 'duration'] as const).filter(
    (kind) => measures.includes(kind) || measures.includes(`${kind}_histogram`),
  );
}

/** True if a question needs the programs of jobs. */
export function readsSoftware({ by, software, measures }: Question): boolean {
  return by === 'software' || software !== null || measures.includes('efficiency');
}

/** True if cells do not have the sums of a question: they have those of the axis `ran` by names. */
function sumsNeedJobs(question: Question): boolean {
  const { axis, by, sizes, software } = question;
  return (
    axis !== 'ran' || by === 'size' || by === 'software' || sizes !== null || software !== null || isByNode(question)
  );
}

/** True if a question needs the columns of jobs, because cells are not enough. */
export function needsJobs(question: Question): boolean {
  return (
    sumsNeedJobs(question) || question.measures.includes('efficiency') || timingKinds(question.measures).length > 0
  );
}

/** Collects the measures of a question. */
export type Collector = {
  readonly periods: Periods;
  readonly takesCells: boolean;
  readonly takesJobs: boolean;
  addCells(tally: Tally): void;
  add(entries: Entries): void;
  finish(): Found;
};

/**
 * Gives collectors the cells and the jobs that pass the filters of a question, as each takes them. They are of questions
 * with the same filters and axis.
 * @param periods those of the collectors; some collectors can have the whole window instead
 */
export function collectInto(
  collectors: readonly Collector[],
  question: Question,
  clusters: readonly Loaded[],
  periods: Periods,
): void {
  const masks = clusters.map((loaded) => masksOf(question.filter, loaded));
  let noPeriods = new Int32Array(0);
  // Totals count a job once, in whichever periods it is.
  function inPeriodsOf<Part extends Entries | Tally>(collector: Collector, part: Part): Part {
    if (collector.periods === periods) return part;
    if (noPeriods.length < part.count) noPeriods = new Int32Array(part.count);
    return { ...part, period: noPeriods };
  }

  const ofCells = collectors.filter(({ takesCells }) => takesCells);
  if (ofCells.length > 0) {
    readCells(clusters, masks, periods, (tally) => {
      for (const collector of ofCells) collector.addCells(inPeriodsOf(collector, tally));
    });
  }
  const ofJobs = collectors.filter(({ takesJobs }) => takesJobs);
  if (ofJobs.length > 0) {
    readJobs(question, clusters, masks, periods, (entries) => {
      for (const collector of ofJobs) collector.add(inPeriodsOf(collector, entries));
    });
  }
}

function readCells(
  clusters: readonly Loaded[],
  masks: readonly Masks[],
  periods: Periods,
  take: (tally: Tally) => void,
): void {
  const tallies = createTallies();
  for (const [index, loaded] of clusters.entries()) {
    for (const segment of segmentsIn(loaded, periods.window)) {
      take(tallies.ofCells(index, segment, masks[index] ?? [], periods));
    }
  }
}

function readJobs(
  { axis, sizes, nodes, software }: Question,
  clusters: readonly Loaded[],
  masks: readonly Masks[],
  periods: Periods,
  take: (entries: Entries) => void,
): void {
  const passing = (wanted: readonly string[] | null, of: (loaded: Loaded) => readonly (string | null)[]) => {
    const set = new Set<string | null>(wanted);
    return wanted && clusters.map((loaded) => Uint8Array.from(of(loaded), (name) => (set.has(name) ? 1 : 0)));
  };
  const scan: Scan = {
    clusters,
    masks,
    axis,
    periods,
    sizes: sizes === null ? null : new Set(sizes.map((label) => sizeLabels.indexOf(label))),
    software: passing(software, (loaded) => loaded.software),
  };
  const onNodes = nodes === null ? null : nodeDivision(passing(nodes, ({ names }) => names));
  scanJobs(scan, (placed) => {
    const entries = onNodes?.(placed) ?? placed;
    if (entries.count > 0) take(entries);
  });
}

/** Returns the collector of a question. */
export function collectorOf(asked: Asked, grouping: Grouping): Collector {
  const { divide } = grouping;
  if (divide === null) return collectorBy(asked, grouping);
  // A job can be in several groups and is in the total once, so that the total is not the sum of the groups.
  const [ofAll, byGroup] = [collectorBy(asked, noGrouping()), collectorBy(asked, grouping)];
  return {
    ...byGroup,
    add(entries) {
      ofAll.add(entries);
      byGroup.add(divide(entries));
    },
    finish: () => withTotalsOf(ofAll.finish(), byGroup.finish()),
  };
}

function collectorBy({ question, clusters, periods, inSeries }: Asked, grouping: Grouping): Collector {
  const sums = createSums(grouping, clusters, periods, question.measures);
  const takesSums = sumsNeedJobs(question);
  const isDivided = question.axis === 'ran' || isByNode(question);
  const byNode = question.by === 'node' && question.nodes === null ? nodeDivision(null) : null;
  const timings = timingKinds(question.measures).map((kind) => {
    const hasSeries = question.by === null || timingKinds(inSeries).includes(kind);
    return [
      kind,
      createTimings(
        kind,
        question.by === null ? null : grouping,
        periods,
        isDivided,
        question.by === 'node',
        hasSeries,
      ),
    ] as const;
  });
  const efficiencies = question.measures.includes('efficiency') ? createEfficiencies(grouping, periods) : null;
  const others = [...timings.map(([, collected]) => collected), ...(efficiencies ? [efficiencies] : [])];
  let groups = new Int32Array(0);
  return {
    periods,
    takesCells: !takesSums,
    takesJobs: needsJobs(question),
    addCells: sums.addTally,
    add(placed) {
      const entries = byNode?.(placed) ?? placed;
      if (takesSums) sums.addEntries(entries);
      if (others.length === 0) return;
      if (groups.length < entries.count) groups = new Int32Array(entries.count);
      grouping.ofEntries(entries, groups);
      for (const collected of others) collected.addEntries(entries, groups);
    },
    finish: () => ({
      sums: sums.finish(),
      timings: new Map(timings.map(([kind, collected]) => [kind, collected.finish()])),
      efficiencies: efficiencies?.finish() ?? null,
    }),
  };
}

function withTotalsOf({ sums, timings, efficiencies }: Found, groups: Found): Found {
  const allOf = (kind: TimingKind, of: Timings) => timings.get(kind)?.all ?? of.all;
  return {
    sums: { ...groups.sums, all: sums.all },
    timings: new Map([...groups.timings].map(([kind, of]) => [kind, { ...of, all: allOf(kind, of) }])),
    efficiencies: groups.efficiencies && efficiencies && { ...groups.efficiencies, all: efficiencies.all },
  };
}
