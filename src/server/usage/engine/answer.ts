import { RequestProblem } from '../../http/problem.ts';
import { dateOfDay } from '../cluster-clock.ts';
import { createEfficiencies, type Efficiencies, type Efficiency } from './efficiency.ts';
import type { Entries } from './entries.ts';
import { masksOf } from './filter.ts';
import { type Grouping, groupingBy, type Label, noGrouping } from './grouping.ts';
import type { Loaded, Needs } from './loaded.ts';
import { type Period, type PeriodKind, type Periods, periodsIn, type UsageWindow, wholeWindow } from './periods.ts';
import type { Measure, Question } from './question.ts';
import { type Scan, scanJobs } from './scan.ts';
import { sizeLabels } from './size-classes.ts';
import { countBetween, countOf, mean, quantile, type Timing } from './statistics.ts';
import { type Amounts, createSums, type Sums } from './sums.ts';
import { createTimings, type TimingKind, type Timings } from './timings.ts';
import { windowBefore } from './window.ts';

/** Statistics of waiting times or durations, in hours. Quantiles interpolate between neighbours. */
export type TimingStatistics = {
  readonly jobs: number;
  readonly mean: number;
  readonly min: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** The number of jobs in each class: below the first bound, from it to below the second, and so on. */
export type Histogram = { readonly bounds_hours: readonly number[]; readonly jobs: readonly number[] };

/** The value of a measure; null if it is not known, or if no job has the time. */
export type MeasureValue = number | TimingStatistics | Histogram | Efficiency | null;
type Values = Readonly<Partial<Record<Measure, MeasureValue>>>;
type Series = Readonly<Partial<Record<Measure, readonly MeasureValue[]>>>;

export type GroupAnswer = { readonly name: Label; readonly total: Values; readonly series: Series | null };

/** The answer to a question; `help usage` describes it. */
export type Answer = {
  readonly axis: string;
  readonly from: string;
  readonly to: string;
  readonly clusters: readonly { readonly name: string; readonly timezone: string }[];
  readonly by: string | null;
  readonly period: PeriodKind | null;
  readonly periods: readonly { readonly start: string; readonly end: string; readonly partial: boolean }[];
  readonly total: Values;
  readonly series: Series | null;
  readonly groups: readonly GroupAnswer[];
  /** The groups that are not named: their number and sums. */
  readonly others: (Omit<GroupAnswer, 'name'> & { readonly groups: number }) | null;
  readonly previous: { readonly from: string; readonly to: string; readonly total: Values } | null;
  readonly notes: readonly string[];
};

const maxPeriods = 4000;
/** The most groups × periods in an answer: about 20 MB of JSON. */
const maxCells = 400_000;
const histogramBounds = [0.5, 1, 4, 12, 24, 72, 168];
const efficiencyNote =
  'efficiency is of the jobs whose CPU time was sampled on all their nodes, and null if there are none: see help usage';
const softwareNote =
  'a job counts in each of its software, and its hours are divided by their CPU time; null is the jobs that were not sampled';

/** Returns what a question reads in a window, and in the one before it. */
export function needsOf(question: Question, window: UsageWindow): Needs {
  const from = question.compare ? windowBefore(window).from : window.from;
  const parts = [
    ...(needsJobs(question) ? (['columns'] as const) : []),
    ...(isByNode(question) ? (['node_lists'] as const) : []),
    ...(readsSoftware(question) ? (['software'] as const) : []),
  ];
  return { from, until: window.until, parts };
}

/** @throws RequestProblem 422 if the answer would have too many periods or groups */
export function answerQuestion(question: Question, clusters: readonly Loaded[], window: UsageWindow): Answer {
  const { period, by } = question;
  const periods = period === null ? wholeWindow(window) : periodsIn(period, refuseManyPeriods(period, window));
  const [grouping, others] = groupingOf(question, clusters, window);
  const found = collect(question, clusters, periods, grouping);
  const names = grouping.labels;
  if (names.length * periods.list.length > maxCells) {
    const [groups, count] = [names.length.toLocaleString('en'), periods.list.length.toLocaleString('en')];
    throw new RequestProblem(422, `${groups} groups in ${count} periods are too many: give top, or a longer period`);
  }
  const group = (index: number) => ({
    total: valuesOf(question, found, groupTotal(index)),
    series: seriesOf(question, found, periods, index),
  });
  const groups = by === null ? [] : names.map((name, index) => ({ name, ...group(index) }));
  const [ordered, last] = withoutLast(question, groups);
  return {
    axis: question.axis,
    from: dateOfDay(window.from),
    to: dateOfDay(window.until - 1),
    clusters: clusters.map(({ cluster }) => ({ name: cluster.name, timezone: cluster.timeZone })),
    by,
    period,
    periods: period === null ? [] : periods.list.map(shownPeriod),
    total: totalOf(question, found),
    series: seriesOf(question, found, periods, null),
    groups: others === null ? [...sorted(ordered, question.measures[0] ?? 'jobs'), ...last] : groups,
    others: others === null ? null : { groups: others, ...group(names.length) },
    previous: question.compare ? previousOf(question, clusters, windowBefore(window)) : null,
    notes: [
      ...(by === 'software' ? [softwareNote] : []),
      ...(question.measures.includes('efficiency') ? [efficiencyNote] : []),
    ],
  };
}

type Found = {
  readonly sums: Sums;
  readonly timings: ReadonlyMap<TimingKind, Timings>;
  /** Null if the question does not ask for it. */
  readonly efficiencies: Efficiencies | null;
};

function isByNode({ by, nodes }: Question): boolean {
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

/** Whether cells are not enough. */
function needsJobs(question: Question): boolean {
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

function collect(question: Question, clusters: readonly Loaded[], periods: Periods, grouping: Grouping): Found {
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

/** Returns the grouping, and the number of the groups that it does not name; null if it names all. */
function groupingOf(question: Question, clusters: readonly Loaded[], window: UsageWindow): [Grouping, number | null] {
  const { by, levels, top } = question;
  if (by === null) return [noGrouping(), null];
  const all = groupingBy(by, clusters, levels);
  if (top === null) return [all, null];
  // Which groups are the largest is known after a first pass; the users and quantiles of the others need a second one.
  const [measure = 'jobs'] = question.measures;
  const ranked = { ...question, measures: [measure], period: null };
  const found = collect(ranked, clusters, wholeWindow(window), all);
  const totals = all.labels.map((name, index) => ({ name, total: valuesOf(ranked, found, groupTotal(index)) }));
  const [rankable, last] = withoutLast(question, totals);
  if (rankable.length <= top) return [groupingBy(by, clusters, levels), null];
  const named = [...sorted(rankable, measure).slice(0, top), ...last];
  const grouping = groupingBy(
    by,
    clusters,
    levels,
    named.map(({ name }) => name),
  );
  return [grouping, rankable.length - top];
}

/** Returns the groups that are ordered, and those after them: the jobs that were not sampled are no software. */
function withoutLast<Group extends { readonly name: Label }>(
  { by }: Question,
  groups: readonly Group[],
): [readonly Group[], readonly Group[]] {
  const isLast = ({ name }: Group) => by === 'software' && name === null;
  return [groups.filter((group) => !isLast(group)), groups.filter(isLast)];
}

function refuseManyPeriods(period: string, window: UsageWindow): UsageWindow {
  const count = periodCountAtLeast(period, window);
  if (count <= maxPeriods) return window;
  throw new RequestProblem(
    422,
    `${dateOfDay(window.from)} to ${dateOfDay(window.until - 1)} has over ${maxPeriods} periods of a ${period}: give a longer period or fewer days`,
  );
}

function periodCountAtLeast(period: string, { from, until }: UsageWindow): number {
  const days: Readonly<Record<string, number>> = { day: 1, week: 7, month: 31, quarter: 92, year: 366 };
  return (until - from) / (days[period] ?? 1);
}

function totalOf(question: Question, found: Found): Values {
  return valuesOf(question, found, ({ all }) => all.total);
}

function previousOf(question: Question, clusters: readonly Loaded[], window: UsageWindow): Answer['previous'] {
  const found = collect({ ...question, period: null }, clusters, wholeWindow(window), noGrouping());
  return { from: dateOfDay(window.from), to: dateOfDay(window.until - 1), total: totalOf(question, found) };
}

/** What one kind of measures has: a value for each group and period, and for their totals. */
type Parts<Value> = { readonly total: Value; readonly periods: readonly Value[] };
type Of = <Value>(parts: { readonly groups: readonly Parts<Value>[]; readonly all: Parts<Value> }) => Value | undefined;

function groupTotal(group: number): Of {
  return ({ groups }) => groups[group]?.total;
}

/** @param of takes a value of a kind of measures */
function valuesOf({ measures }: Question, { sums, timings, efficiencies }: Found, of: Of): Values {
  const amounts = of<Amounts>(sums) ?? { jobs: 0, users: 0, cpuSeconds: 0, gpuSeconds: 0, nodeSeconds: 0 };
  const timingOf = (kind: TimingKind) => {
    const found = timings.get(kind);
    return (found && of<Timing>(found)) ?? [];
  };
  const values: Readonly<Record<Measure, () => MeasureValue>> = {
    jobs: () => amounts.jobs,
    users: () => amounts.users,
    cpu_hours: () => amounts.cpuSeconds / 3600,
    gpu_hours: () => amounts.gpuSeconds / 3600,
    node_hours: () => amounts.nodeSeconds / 3600,
    wait: () => statisticsOf(timingOf('wait')),
    duration: () => statisticsOf(timingOf('duration')),
    wait_histogram: () => histogramOf(timingOf('wait')),
    duration_histogram: () => histogramOf(timingOf('duration')),
    efficiency: () => (efficiencies && of<Efficiency | null>(efficiencies)) ?? null,
  };
  return Object.fromEntries(measures.map((measure) => [measure, values[measure]()]));
}

/** @param group null for all groups */
function seriesOf(question: Question, found: Found, periods: Periods, group: number | null): Series | null {
  if (question.period === null) return null;
  const rows = periods.list.map((_, period) =>
    valuesOf(question, found, ({ groups, all }) => (group === null ? all : groups[group])?.periods[period]),
  );
  return Object.fromEntries(question.measures.map((measure) => [measure, rows.map((row) => row[measure] ?? null)]));
}

/** Returns statistics in hours; null if there are no values. */
export function statisticsOf(timing: Timing): TimingStatistics | null {
  const hours = (probability: number) => (quantile(timing, probability) ?? 0) / 3600;
  const average = mean(timing);
  if (average === null) return null;
  return {
    jobs: countOf(timing),
    mean: average / 3600,
    min: hours(0),
    p25: hours(0.25),
    median: hours(0.5),
    p75: hours(0.75),
    p90: hours(0.9),
    p95: hours(0.95),
    p99: hours(0.99),
    max: hours(1),
  };
}

function histogramOf(timing: Timing): Histogram {
  const bounds = histogramBounds.map((hours) => hours * 3600);
  return { bounds_hours: histogramBounds, jobs: countBetween(timing, bounds) };
}

function shownPeriod({ from, until, isPartial }: Period): Answer['periods'][number] {
  return { start: dateOfDay(from), end: dateOfDay(until - 1), partial: isPartial };
}

/** Returns groups by a measure, largest first, and by name if they are equal. */
function sorted<Group extends { readonly name: Label; readonly total: Values }>(
  groups: readonly Group[],
  measure: Measure,
): Group[] {
  const rank = ({ total }: Group) => rankOf(total[measure] ?? null);
  return [...groups].sort((a, b) => rank(b) - rank(a) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
}

function rankOf(value: MeasureValue): number {
  if (value === null) return -1;
  if (typeof value === 'number') return value;
  if ('percent' in value) return value.percent;
  return 'median' in value ? value.median : value.jobs.reduce((sum, jobs) => sum + jobs, 0);
}
