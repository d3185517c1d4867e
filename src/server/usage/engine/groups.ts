import { RequestProblem } from '../../http/problem.ts';
import type { Asked } from './asked.ts';
import type { Found } from './collect.ts';
import type { Label } from './grouping.ts';
import type { Measure } from './measures.ts';
import type { Periods } from './periods.ts';
import type { Question } from './question.ts';
import { groupTotal, rankOf, type Series, seriesOf, type Values, valuesOf } from './values.ts';

/** The values of a group. */
export type GroupAnswer = { readonly name: Label; readonly total: Values; readonly series: Series | null };

/** The most groups × periods in an answer: about 20 MB of JSON. */
const maxCells = 400_000;

/** Returns the groups of a question; none if it divides nothing. */
export function groupsOf(asked: Asked, found: Found, labels: readonly Label[]): readonly GroupAnswer[] {
  if (asked.question.by === null) return [];
  return labels.map((name, index) => ({ name, ...groupOf(asked, found, index) }));
}

/** Returns the values of a group by its number. */
export function groupOf(
  { question, periods, inSeries }: Asked,
  found: Found,
  index: number,
): Omit<GroupAnswer, 'name'> {
  return {
    total: valuesOf(question, found, groupTotal(index)),
    series: seriesOf({ ...question, measures: inSeries }, found, periods, index),
  };
}

/** @throws RequestProblem 422 if an answer with all groups in all periods is too large */
export function refuseManyGroups(names: readonly Label[], periods: Periods): void {
  if (names.length * periods.list.length <= maxCells) return;
  const [groups, count] = [names.length.toLocaleString('en'), periods.list.length.toLocaleString('en')];
  throw new RequestProblem(422, `${groups} groups in ${count} periods are too many: give top, or a longer period`);
}

/** Returns the sums of the values of some groups, which must be numbers that can be added. */
export function addedValues({ measures }: Question, groups: readonly GroupAnswer[]): Values {
  const sum = (measure: Measure) => groups.reduce((all, { total }) => all + rankOf(total[measure] ?? 0), 0);
  return Object.fromEntries(measures.map((measure) => [measure, sum(measure)]));
}

/** Returns groups with the largest by the first measure first, and by name if they are equal. */
export function inOrder(question: Question, groups: readonly GroupAnswer[]): readonly GroupAnswer[] {
  const [measure = 'jobs'] = question.measures;
  const rank = ({ total }: GroupAnswer) => rankOf(total[measure] ?? null);
  const ordered = groups.filter((group) => !isLast(question, group));
  ordered.sort((a, b) => rank(b) - rank(a) || ((a.name ?? '') < (b.name ?? '') ? -1 : 1));
  return [...ordered, ...groups.filter((group) => isLast(question, group))];
}

/** True for the group that is after all others: the jobs that were not sampled are no software. */
export function isLast({ by }: Question, { name }: GroupAnswer): boolean {
  return by === 'software' && name === null;
}
