import { type Dimension, dimensions, filters, oneOf, type Sum, sums } from '../../data/usage.ts';
import { isoDay, now } from '../../format/times.ts';
import { location, parameter } from '../../navigation.ts';
import type { PageParameters } from '../parameters.ts';

const dayMs = 86_400_000;

/** The periods that a reader can choose, with their lengths in days; null is all days. */
export const presets: readonly (readonly [key: string, name: string, days: number | null])[] = [
  ['7d', '7 days', 7],
  ['30d', '30 days', 30],
  ['90d', '90 days', 90],
  ['1y', '1 year', 365],
  ['all', 'All', null],
];

const periodNames = { day: 'day', week: 'week', month: 'month', quarter: 'quarter', year: 'year' } as const;
export type PeriodName = keyof typeof periodNames;
export const periods = Object.keys(periodNames) as PeriodName[];

/** How many groups a reader can choose to have named. With more, the parts of a stack look too much alike. */
export const tops = [8, 16] as const;

/** The parameter with the place in the list of jobs. Other days or filters are another list, so they remove it. */
export const jobsPlace = 'jobs-after';

/** The choices of the page, which are kept in its address. */
export type View = {
  /** The preset that is chosen; empty for own days. */
  readonly preset: string;
  /** Days such as `2026-11-28`, both included; empty for all. */
  readonly from: string;
  readonly to: string;
  readonly measure: Sum;
  readonly by: Dimension;
  /** Null: the length of the window decides. */
  readonly period: PeriodName | null;
  /** How many groups are named; the others are one. */
  readonly top: number;
  readonly filters: ReadonlyMap<Dimension, readonly string[]>;
  /** The filter that the path fixes: the page of a user or an account. */
  readonly fixed: { readonly dimension: Dimension; readonly name: string } | null;
  /** The month of a report, such as `2026-11`. */
  readonly month: string | null;
};

/**
 * Reads the view from the address.
 * @param seesNames whether the reader may see names of users
 */
export function viewOf({ kind = '', name = '' }: PageParameters, seesNames: boolean): View {
  const month = kind === 'month' ? name : null;
  const dimension = filters.find((one) => one === kind);
  const fixed = dimension === undefined ? null : { dimension, name };
  const query = location.value.searchParams;
  const chosen = filters
    .filter((one) => one !== fixed?.dimension)
    .map((one) => [one, query.getAll(one)] as const)
    .filter(([, values]) => values.length > 0);
  const byDefault = fixed?.dimension !== 'account' ? 'account' : seesNames ? 'user' : 'partition';
  return {
    ...windowOf(month),
    measure: oneOf(sums, parameter('measure'), 'cpu_hours'),
    by: oneOf(dimensions, parameter('by'), byDefault),
    period: periods.find((one) => one === parameter('period')) ?? null,
    top: tops.find((one) => String(one) === parameter('top')) ?? tops[0],
    filters: new Map(chosen),
    fixed,
    month,
  };
}

function windowOf(month: string | null): Pick<View, 'preset' | 'from' | 'to'> {
  if (month !== null) {
    const [year = 0, number = 1] = month.split('-').map(Number);
    const last = new Date(Date.UTC(year, number, 0)).toISOString().slice(0, 10);
    return { preset: '', from: `${month}-01`, to: last };
  }
  const [from, to] = [parameter('from'), parameter('to')];
  if (from !== '' && to !== '') return { preset: '', from, to };
  const [key, , days] = presets.find(([name]) => name === parameter('range')) ?? ['1y', '', 365];
  if (days === null) return { preset: key, from: '', to: '' };
  return { preset: key, from: isoDay(now.value - (days - 1) * dayMs), to: isoDay(now.value) };
}

/** Returns the period that suits a window: at most some sixty bars. */
export function automaticPeriod({ from, to }: View): PeriodName {
  if (from === '') return 'month';
  const days = (Date.parse(to) - Date.parse(from)) / dayMs + 1;
  if (days <= 45) return 'day';
  if (days <= 200) return 'week';
  return days <= 6 * 365 ? 'month' : 'year';
}

/**
 * Returns the address of the answer to a question about the jobs of a view.
 * @param kind `page` for everything that the usage page shows, `jobs` for a list of the jobs
 */
export function usageData(
  view: View,
  question: Readonly<Record<string, string | readonly string[]>>,
  kind: 'query' | 'page' | 'jobs' = 'query',
): string {
  const query = new URLSearchParams();
  if (view.from !== '') query.set('from', view.from);
  if (view.to !== '') query.set('to', view.to);
  for (const [dimension, values] of view.filters) for (const value of values) query.append(dimension, value);
  if (view.fixed) query.append(view.fixed.dimension, view.fixed.name);
  for (const [name, value] of Object.entries(question)) {
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
  }
  return `/api/v1/usage/${kind}?${query}`;
}
