import { RequestProblem } from '../../http/problem.ts';
import { dateOfDay } from '../cluster-clock.ts';
import { collect, type Found, isByNode, needsJobs, readsSoftware } from './collect.ts';
import { type Grouping, groupingBy, type Label, noGrouping } from './grouping.ts';
import type { Loaded, Needs } from './loaded.ts';
import { type Period, type PeriodKind, periodsIn, type UsageWindow, wholeWindow } from './periods.ts';
import type { Measure, Question } from './question.ts';
import { groupTotal, rankOf, type Series, seriesOf, type Values, valuesOf } from './values.ts';
import { windowBefore } from './window.ts';

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
