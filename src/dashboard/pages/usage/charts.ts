import type { ChartSpec, Series } from '../../chart/spec.ts';
import { type Histogram, isUnknown, labelOf, type Sum, sums, type Timing, type UsageAnswer } from '../../data/usage.ts';
import { noNumber, plural, short, space } from '../../format/numbers.ts';
import { dayOfYear } from '../../format/times.ts';

const monthFormat = new Intl.DateTimeFormat('en-GB', { month: 'short', year: '2-digit', timeZone: 'UTC' });
const dayFormat = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** Returns the names of the periods of an answer. An asterisk marks those that the window has only in part. */
export function periodNames({ period, periods }: Pick<UsageAnswer, 'period' | 'periods'>): string[] {
  return periods.map(({ start, partial }) => {
    const date = new Date(`${start}T00:00:00Z`);
    const name =
      period === 'year'
        ? start.slice(0, 4)
        : period === 'quarter'
          ? `Q${Math.floor(date.getUTCMonth() / 3) + 1} ${start.slice(0, 4)}`
          : period === 'month'
            ? monthFormat.format(date)
            : dayFormat.format(date);
    return partial ? `${name}*` : name;
  });
}

/** Returns the sums of each period, divided by groups; the rest is last. */
export function overTime(answer: UsageAnswer, measure: Sum): ChartSpec {
  const groups: Series[] = answer.groups.map(({ name, series }) => ({
    name: labelOf(name, answer.by),
    isRest: isUnknown(answer, name),
    values: (series?.[measure] ?? []).map((value) => value ?? null),
  }));
  const { others } = answer;
  const rest: Series[] = others
    ? [
        {
          name: restName(others.groups),
          values: others.series?.[measure]?.map((value) => value ?? null) ?? [],
          isRest: true,
        },
      ]
    : [];
  return {
    kind: 'bars',
    x: { names: periodNames(answer) },
    xTitle: answer.period ?? 'period',
    unit: sums[measure].unit,
    series: [...groups, ...rest],
  };
}

/** Returns the sums of the whole window by group, the largest first and the rest last. */
export function ranking(answer: UsageAnswer, measure: Sum): ChartSpec {
  const { groups, others } = answer;
  const names = groups.map(({ name }) => labelOf(name, answer.by));
  const values = groups.map(({ total }) => total[measure] ?? null);
  return {
    kind: 'ranking',
    x: { names: others ? [...names, restName(others.groups)] : names },
    xTitle: answer.by ?? 'group',
    unit: sums[measure].unit,
    namedBars: groups.filter(({ name }) => !isUnknown(answer, name)).length,
    series: [{ name: sums[measure].name, values: others ? [...values, others.total[measure] ?? null] : values }],
  };
}

/** Returns the sums by group in one colour: sizes in their order, others by their sums. */
export function division(answer: UsageAnswer, measure: Sum): ChartSpec {
  const inOrder = (name: string | null) => Number.parseInt(name ?? '', 10) || 0;
  const groups =
    answer.by === 'size'
      ? [...answer.groups].sort((one, other) => inOrder(one.name) - inOrder(other.name))
      : answer.groups;
  const { namedBars: _, ...spec } = ranking({ ...answer, groups }, measure);
  return spec;
}

function restName(groups: number): string {
  return `${groups} others`;
}

/** Returns the median of each period, with the range in which the middle half of the jobs is. */
export function timingOverTime(answer: UsageAnswer, kind: 'wait' | 'duration'): ChartSpec {
  const timings = answer.series?.[kind] ?? [];
  const of = (quantile: keyof Timing) => timings.map((timing) => timing?.[quantile] ?? null);
  return {
    kind: 'lines',
    x: { names: periodNames(answer) },
    xTitle: answer.period ?? 'period',
    unit: 'hours',
    series: [
      { name: 'Median (band: 25 to 75 %)', values: of('median'), low: of('p25'), high: of('p75') },
      { name: '90th percentile', values: of('p90') },
    ],
  };
}

/** Returns the shares of jobs by class of hours in each period, in percent. */
export function sharesOverTime(answer: UsageAnswer, kind: 'wait_histogram' | 'duration_histogram'): ChartSpec {
  const histograms = answer.series?.[kind] ?? [];
  const classes = classNames(answer.total[kind] ?? null);
  return {
    kind: 'bars',
    x: { names: periodNames(answer) },
    xTitle: answer.period ?? 'period',
    unit: '%',
    max: 100,
    series: classes.map((name, index) => ({
      name,
      values: histograms.map((histogram) => {
        const all = histogram?.jobs.reduce((sum, jobs) => sum + jobs, 0) ?? 0;
        return histogram && all > 0 ? Math.round((1000 * (histogram.jobs[index] ?? 0)) / all) / 10 : null;
      }),
    })),
  };
}

/** Returns the jobs by class of hours. */
export function histogramOf(histogram: Histogram | null | undefined, xTitle: string): ChartSpec {
  return {
    kind: 'bars',
    x: { names: classNames(histogram ?? null) },
    xTitle,
    unit: 'jobs',
    isWhole: true,
    showsAllNames: true,
    series: [{ name: 'Jobs', values: histogram?.jobs ?? [] }],
  };
}

/** Returns the names of classes of hours: `< 30 min`, `30–60 min`, `1–4 h`, `1–3 d`, `> 7 d`. */
function classNames(histogram: Histogram | null): string[] {
  const bounds = histogram?.bounds_hours ?? [];
  const last = bounds.at(-1);
  return [
    ...bounds.map((bound, index) => {
      const from = bounds[index - 1];
      const [unit, hours] = unitOf(from ?? 0, bound);
      return from === undefined ? `< ${bound / hours} ${unit}` : `${from / hours}–${bound / hours} ${unit}`;
    }),
    ...(last === undefined ? [] : [`> ${last / 24} d`]),
  ];
}

/** Returns the unit of a class that has whole numbers, with its hours. */
function unitOf(from: number, to: number): [unit: string, hours: number] {
  if (to > 24) return ['d', 24];
  return from < 1 ? ['min', 1 / 60] : ['h', 1];
}

/** Returns the number of users in each period. */
export function usersOverTime(answer: UsageAnswer): ChartSpec {
  return {
    kind: 'bars',
    x: { names: periodNames(answer) },
    xTitle: answer.period ?? 'period',
    unit: 'users',
    isWhole: true,
    series: [{ name: 'Users', values: (answer.series?.users ?? []).map((users) => users ?? null) }],
  };
}

/** Returns the words for the window of an answer and its periods, with the reason if nobody chose the period. */
export function windowText({ from, to, period }: UsageAnswer, isAutomatic: boolean): string {
  const [first, last] = [Date.parse(`${from}T12:00:00Z`), Date.parse(`${to}T12:00:00Z`)];
  const days = plural(Math.round((last - first) / 86_400_000) + 1, 'day');
  return `${dayOfYear(first)} to ${dayOfYear(last)}, by ${period}${isAutomatic ? ` because the range is ${days}` : ''}`;
}

/** Returns a number of hours with a unit that suits it: `20 s`, `7.5 min`, `30 h`, `2.5 d`. */
export function hoursText(hours: number | null | undefined): string {
  if (hours === null || hours === undefined) return noNumber;
  if (hours > 0 && hours < 1 / 60) return `${short(hours * 3600)}${space}s`;
  if (hours < 1) return `${short(hours * 60)}${space}min`;
  return hours < 48 ? `${short(hours)}${space}h` : `${short(hours / 24)}${space}d`;
}
