import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../../chart/chart.tsx';
import type { ChartSpec } from '../../chart/spec.ts';
import { useData } from '../../data/fetching.ts';
import type { UsageAnswer } from '../../data/usage.ts';
import { percent, plural } from '../../format/numbers.ts';
import { periodNames } from './charts.ts';

/** The used share of the hours that were available; null if no status snapshot has the available hours. */
type Use = {
  readonly days: number;
  readonly known_days: number;
  readonly cpu_percent: number | null;
  readonly gpu_percent: number | null;
};

type Answer = {
  readonly period: string | null;
  readonly total: Use;
  readonly periods: readonly (Use & { readonly start: string; readonly end: string; readonly partial: boolean })[];
};

const longestDays = 1100;

/** The hours that jobs used of the hours that were up, for each cluster. */
export function UtilisationChart({ answer }: { answer: UsageAnswer }) {
  const days = (Date.parse(answer.to) - Date.parse(answer.from)) / 86_400_000;
  if (days > longestDays) return null;
  return (
    <>
      {answer.clusters.map(({ name }) => (
        <OfCluster key={name} cluster={name} answer={answer} />
      ))}
    </>
  );
}

function OfCluster({ cluster, answer }: { cluster: string; answer: UsageAnswer }) {
  const { from, to, period } = answer;
  const query = new URLSearchParams({ cluster, from, to, period: period ?? 'month' });
  const { data } = useData<Answer>(`/api/v1/usage/utilisation?${query}`);
  const spec = useMemo(
    (): ChartSpec | null =>
      data && {
        kind: 'lines',
        x: { names: periodNames({ ...answer, periods: data.periods }) },
        xTitle: data.period ?? 'period',
        unit: '%',
        max: 100,
        series: [
          { name: 'CPU', values: data.periods.map(({ cpu_percent }) => cpu_percent) },
          ...(data.periods.some(({ gpu_percent }) => gpu_percent !== null)
            ? [{ name: 'GPU', values: data.periods.map(({ gpu_percent }) => gpu_percent) }]
            : []),
        ],
      },
    [data, answer],
  );
  if (data === null || spec === null) return null;
  const { total } = data;
  if (total.known_days === 0) {
    return <p class="detail">Utilisation of {cluster} is unknown: there are no status snapshots of this time.</p>;
  }
  return (
    <ChartFigure
      title={`Jobs used ${percent(total.cpu_percent)} of the CPU hours of ${cluster} that were up, known for ${total.known_days} of ${plural(total.days, 'day')}.`}
      spec={spec}
    />
  );
}
