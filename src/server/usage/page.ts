import { dayOfDate } from './cluster-clock.ts';
import type { Answer } from './engine/answer.ts';
import type { Question } from './engine/question.ts';

/** The answers that the usage page of the dashboard shows. */
export type PageAnswers = {
  readonly usage: Answer;
  readonly sizes: Answer;
  readonly states: Answer;
  readonly nodes: Answer;
  /** The hours of each cluster and day, for the utilisation; null for some jobs only, or for too many days. */
  readonly hours: Answer | null;
};

/** More days than a chart of utilisation shows; the history of snapshots of more days takes seconds. */
export const maxUtilisationDays = 1100;
const sideGroups = 12;

/**
 * Answers the questions of the usage page: the asked one, the same jobs by size, by state and by node, and the hours of
 * the clusters if no filter leaves out jobs.
 */
export async function answerPage(
  question: Question,
  answerTo: (question: Question) => Promise<Answer>,
): Promise<PageAnswers> {
  const usage = await answerTo(question);
  // A job that is stored meanwhile must not move the ends of the window.
  const window = { from: usage.from, to: usage.to };
  const side = { ...question, ...window, period: null, measures: question.measures.slice(0, 1), compare: false };
  const divided = { ...side, top: sideGroups };
  const days = dayOfDate(window.to) - dayOfDate(window.from) + 1;
  const sizes = await answerTo({ ...divided, by: 'size' });
  const states = await answerTo({ ...divided, by: 'state' });
  const nodes = await answerTo({ ...divided, by: 'node' });
  const all = { usage, sizes, states, nodes };
  if (days < 1 || days > maxUtilisationDays || hasFilter(question)) return { ...all, hours: null };
  const hours = await answerTo({
    ...side,
    axis: 'ran',
    by: 'cluster',
    period: 'day',
    measures: ['cpu_hours', 'gpu_hours'],
    top: null,
  });
  return { ...all, hours };
}

function hasFilter({ filter, sizes, nodes, software }: Question): boolean {
  return sizes !== null || nodes !== null || software !== null || Object.values(filter).some((names) => names !== null);
}
