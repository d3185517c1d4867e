import { createEfficiencies, type Efficiencies } from './efficiency.ts';
import type { Entries } from './entries.ts';
import { masksOf } from './filter.ts';
import { type Grouping, noGrouping } from './grouping.ts';
import type { Loaded } from './loaded.ts';
import type { Periods } from './periods.ts';
import type { Question } from './question.ts';
import { type Scan, scanJobs } from './scan.ts';
import { sizeLabels } from './size-classes.ts';
import { createSums, type Sums } from './sums.ts';
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

function timingKinds({ measures }: Question): TimingKind[] {
  return (['wait', 'duration'] as const).filter(
    (kind) => measures.includes(kind) || measures.includes(`${kind}_histogram`),
  );
}

/** True if a question needs the programs of jobs. */
export function readsSoftware({ by, software, measures }: Question): boolean {
  return by === 'software' || software !== null || measures.includes('efficiency');
}

/** True if a question needs the columns of jobs, because cells are not enough. */
export function needsJobs(question: Question): boolean {
  return (
    question.axis !== 'ran' ||
    question.by === 'size' ||
    question.sizes !== null ||
    isByNode(question) ||
    readsSoftware(question) ||
    timingKinds(question).length > 0
  );
}

function scanOf(question: Question, clusters: readonly Loaded[], periods: Periods): Scan {
  const passing = (wanted: readonly string[] | null, of: (loaded: Loaded) => readonly (string | null)[]) => {
    const set = new Set<string | null>(wanted);
    return wanted && clusters.map((loaded) => Uint8Array.from(of(loaded), (name) => (set.has(name) ? 1 : 0)));
  };
  return {
    clusters,
    masks: clusters.map((loaded) => masksOf(question.filter, loaded)),
    axis: question.axis,
    periods,
    isByNode: isByNode(question),
    sizes: question.sizes === null ? null : new Set(question.sizes.map((label) => sizeLabels.indexOf(label))),
    nodes: passing(question.nodes, ({ names }) => names),
    software: passing(question.software, ({ software }) => software),
  };
}

/** Collects the measures of a question from all jobs that pass its filters. */
export function collect(question: Question, clusters: readonly Loaded[], periods: Periods, grouping: Grouping): Found {
  const scan = scanOf(question, clusters, periods);
  const byGroup = collectorOf(question, clusters, periods, grouping);
  const { divide } = grouping;
  if (divide !== null) {
    // A job can be in several groups and is in the total once, so that the total is not the sum of the groups.
    const ofAll = collectorOf(question, clusters, periods, noGrouping());
    scanJobs(scan, (entries) => {
      ofAll.add(entries);
      byGroup.add(divide(entries));
    });
    return withTotalsOf(ofAll.finish(), byGroup.finish());
  }
  if (needsJobs(question)) scanJobs(scan, byGroup.add);
  else for (const [index, masks] of scan.masks.entries()) byGroup.addCells(index, masks);
  return byGroup.finish();
}

function collectorOf(question: Question, clusters: readonly Loaded[], periods: Periods, grouping: Grouping) {
  const sums = createSums(grouping, clusters, periods, question.measures.includes('users'));
  const isDivided = question.axis === 'ran' || isByNode(question);
  const timings = timingKinds(question).map(
    (kind) => [kind, createTimings(kind, grouping, periods, isDivided, 0, question.by === 'node')] as const,
  );
  const efficiencies = question.measures.includes('efficiency') ? createEfficiencies(grouping, periods) : null;
  return {
    addCells: sums.addCells,
    add(entries: Entries): void {
      sums.addEntries(entries);
      for (const [, collected] of timings) collected.addEntries(entries);
      efficiencies?.addEntries(entries);
    },
    finish: (): Found => ({
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
