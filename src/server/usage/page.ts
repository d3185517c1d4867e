import { dayOfDate } from './cluster-clock.ts';
import { type Answer, beginAnswer, needsOf, periodsOf } from './engine/answer.ts';
import { collectInto } from './engine/collect.ts';
import type { Dimension } from './engine/grouping.ts';
import type { Loaded, Needs } from './engine/loaded.ts';
import { type UsageWindow, wholeWindow } from './engine/periods.ts';
import type { Question } from './engine/question.ts';

/** The answers that the usage page of the dashboard shows. */
export type PageAnswers = DividedAnswers & {
  /** The hours of each cluster and day, for the utilisation; null for some jobs only, or for too many days. */
  readonly hours: Answer | null;
};

/**
 * The answer to the question of the page, in which groups have series of the first measure only, and what the same jobs
 * have by size, by state and by node.
 */
export type DividedAnswers = {
  readonly usage: Answer;
  readonly sizes: Answer;
  readonly states: Answer;
  readonly nodes: Answer;
};

/** More days than a chart of utilisation shows; the history of snapshots of more days takes seconds. */
export const maxUtilisationDays = 1100;
/** The sizes, states and nodes that are named. */
const namedGroups = 12;

/** Returns what the page reads in a window. */
export function needsOfPage(question: Question, window: UsageWindow): Needs {
  return needsOf([question, { ...question, by: 'node' }], window);
}

/**
 * Answers the question of the page, and the same jobs by other dimensions: of these the first measure in the whole
 * window. All jobs are read once.
 * @throws RequestProblem 422 if the answer would have too many periods or groups
 */
export function answerDivided(question: Question, clusters: readonly Loaded[], window: UsageWindow): DividedAnswers {
  const periods = periodsOf(question, window);
  const measures = question.measures.slice(0, 1);
  const usage = beginAnswer({ question, clusters, periods, inSeries: measures });
  const side = { ...question, period: null, measures, top: namedGroups, compare: false };
  const whole = wholeWindow(window);
  const by = (dimension: Dimension) =>
    beginAnswer({ question: { ...side, by: dimension }, clusters, periods: whole, inSeries: measures });
  const [sizes, states, nodes] = [by('size'), by('state'), by('node')];
  const collectors = [usage, sizes, states, nodes].map(({ collector }) => collector);
  collectInto(collectors, question, clusters, periods);
  return { usage: usage.finish(), sizes: sizes.finish(), states: states.finish(), nodes: nodes.finish() };
}

/**
 * Returns the question about the hours of the clusters on each day; null if a filter leaves out jobs, or if the window
 * has too many days.
 */
export function questionOfHours(question: Question, { from, to }: Answer): Question | null {
  const days = dayOfDate(to) - dayOfDate(from) + 1;
  if (days < 1 || days > maxUtilisationDays || hasFilter(question)) return null;
  // A job that is stored meanwhile must not move the ends of the window.
  const window = { from, to };
  const measures = ['cpu_hours', 'gpu_hours'] as const;
  return { ...question, ...window, axis: 'ran', by: 'cluster', period: 'day', measures, top: null, compare: false };
}

function hasFilter({ filter, sizes, nodes, software }: Question): boolean {
  return sizes !== null || nodes !== null || software !== null || Object.values(filter).some((names) => names !== null);
}
