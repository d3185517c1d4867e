import { RequestProblem } from '../../http/problem.ts';
import { dateOfDay } from '../cluster-clock.ts';
import type { Asked } from './asked.ts';
import { type Collector, collectInto, collectorOf, type Found, isByNode, needsJobs, readsSoftware } from './collect.ts';
import { type Dimension, type Grouping, groupingBy, noGrouping } from './grouping.ts';
import { addedValues, type GroupAnswer, groupOf, groupsOf, inOrder, isLast, refuseManyGroups } from './groups.ts';
import type { Loaded, Needs } from './loaded.ts';
import type { Measure } from './measures.ts';
import { type Period, type PeriodKind, type Periods, periodsIn, type UsageWindow, wholeWindow } from './periods.ts';
import type { Question } from './question.ts';
import { sizeLabels } from './size-classes.ts';
import { type Series, seriesOf, type Values, valuesOf } from './values.ts';
import { windowBefore } from './window.ts';

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
const efficiencyNote =
  'efficiency is of the jobs whose CPU time was sampled on all their nodes, and null if there are none: see help usage';
const softwareNote =
  'a job counts in each of its software, and its hours are divided by their CPU time; null is the jobs that were not sampled';

/** Returns what questions about the same jobs read in a window, and in the one before it. */
export function needsOf(questions: readonly [Question, ...Question[]], window: UsageWindow): Needs {
  const from = questions[0].compare ? windowBefore(window).from : window.from;
  const parts = [
    ...(questions.some(needsJobs) ? (['columns'] as const) : []),
    ...(questions.some(isByNode) ? (['node_lists'] as const) : []),
    ...(questions.some(readsSoftware) ? (['software'] as const) : []),
  ];
  return { from, until: window.until, parts };
}

/** @throws RequestProblem 422 if the answer would have too many periods or groups */
export function answerQuestion(question: Question, clusters: readonly Loaded[], window: UsageWindow): Answer {
  const periods = periodsOf(question, window);
  const begun = beginAnswer({ question, clusters, periods, inSeries: question.measures });
  collectInto([begun.collector], question, clusters, periods);
  return begun.finish();
}

/**
 * Returns the periods of a question; the window if it has none.
 * @throws RequestProblem 422 if there are too many
 */
export function periodsOf({ period }: Question, window: UsageWindow): Periods {
  return period === null ? wholeWindow(window) : periodsIn(period, refuseManyPeriods(period, window));
}

/** An answer that is being made: what collects it, and what returns it then. */
type UnfinishedAnswer = { readonly collector: Collector; finish(): Answer };

/** Finds the groups of a question. Its collector then takes the jobs, and `finish` returns the answer. */
export function beginAnswer(asked: Asked): UnfinishedAnswer {
  const { question, clusters } = asked;
  const { by, levels, top } = question;
  if (by === null) return withGroups(asked, noGrouping(), null);
  const all = groupingBy(by, clusters, levels);
  if (top === null || top >= mostGroups(by, clusters)) return withGroups(asked, all, null);
  return areSums(question) ? withSumsOfOthers(asked, all, top) : withLargestGroups(asked, by, top);
}

function mostGroups(by: Dimension, clusters: readonly Loaded[]): number {
  if (by === 'cluster') return clusters.length;
  return by === 'size' ? sizeLabels.length : Number.POSITIVE_INFINITY;
}

/** True if the values of several groups together are the sums of their values. */
function areSums({ by, period, measures }: Question): boolean {
  return by !== 'software' && period === null && measures.every((measure) => sumMeasures.includes(measure));
}
const sumMeasures: readonly Measure[] = ['jobs', 'cpu_hours', 'gpu_hours', 'node_hours'];

/** @param others the number of the groups that the grouping does not name; null if it names all */
function withGroups(asked: Asked, grouping: Grouping, others: number | null): UnfinishedAnswer {
  const collector = collectorOf(asked, grouping);
  return {
    collector,
    finish() {
      refuseManyGroups(grouping.labels, asked.periods);
      const found = collector.finish();
      const groups = groupsOf(asked, found, grouping.labels);
      if (others === null) return answerOf(asked, found, inOrder(asked.question, groups), null);
      return answerOf(asked, found, groups, { groups: others, ...groupOf(asked, found, grouping.labels.length) });
    },
  };
}

/** Collects all groups, and adds up those after the largest ones. */
function withSumsOfOthers(asked: Asked, grouping: Grouping, top: number): UnfinishedAnswer {
  const { question } = asked;
  const collector = collectorOf(asked, grouping);
  return {
    collector,
    finish() {
      const found = collector.finish();
      const groups = inOrder(question, groupsOf(asked, found, grouping.labels));
      const rest = groups.slice(top);
      const others = { groups: rest.length, total: addedValues(question, rest), series: null };
      return answerOf(asked, found, groups.slice(0, top), rest.length === 0 ? null : others);
    },
  };
}

/** Finds the largest groups first: the users and quantiles of the others need to be collected. */
function withLargestGroups(asked: Asked, by: Dimension, top: number): UnfinishedAnswer {
  const { question, clusters } = asked;
  const ranked = { ...question, measures: question.measures.slice(0, 1), period: null };
  const periods = wholeWindow(asked.periods.window);
  const all = groupingBy(by, clusters, question.levels);
  const askedRanks = { question: ranked, clusters, periods, inSeries: [] };
  const collector = collectorOf(askedRanks, all);
  collectInto([collector], ranked, clusters, periods);
  const groups = groupsOf(askedRanks, collector.finish(), all.labels);
  const others = groups.filter((group) => !isLast(question, group)).length - top;
  if (others <= 0) return withGroups(asked, groupingBy(by, clusters, question.levels), null);
  const named = inOrder(question, groups).filter((group, index) => index < top || isLast(question, group));
  const only = named.map(({ name }) => name);
  return withGroups(asked, groupingBy(by, clusters, question.levels, only), others);
}

function answerOf(
  { question, clusters, periods }: Asked,
  found: Found,
  groups: readonly GroupAnswer[],
  others: Answer['others'],
): Answer {
  const { axis, by, period, measures, compare } = question;
  const { window } = periods;
  return {
    axis,
    from: dateOfDay(window.from),
    to: dateOfDay(window.until - 1),
    clusters: clusters.map(({ cluster }) => ({ name: cluster.name, timezone: cluster.timeZone })),
    by,
    period,
    periods: period === null ? [] : periods.list.map(shownPeriod),
    total: totalOf(question, found),
    series: seriesOf(question, found, periods, null),
    groups,
    others,
    previous: compare ? previousOf(question, clusters, windowBefore(window)) : null,
    notes: [...(by === 'software' ? [softwareNote] : []), ...(measures.includes('efficiency') ? [efficiencyNote] : [])],
  };
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
  const [ungrouped, periods] = [{ ...question, by: null, period: null }, wholeWindow(window)];
  const collector = collectorOf({ question: ungrouped, clusters, periods, inSeries: [] }, noGrouping());
  collectInto([collector], ungrouped, clusters, periods);
  const total = totalOf(ungrouped, collector.finish());
  return { from: dateOfDay(window.from), to: dateOfDay(window.until - 1), total };
}

function shownPeriod({ from, until, isPartial }: Period): Answer['periods'][number] {
  return { start: dateOfDay(from), end: dateOfDay(until - 1), partial: isPartial };
}
