import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../../chart/chart.tsx';
import type { ChartSpec } from '../../chart/spec.ts';
import type { Utilisation } from '../../data/usage.ts';
import { percent, plural } from '../../format/numbers.ts';
import { periodNames } from './charts.ts';

/** The hours that jobs used of the hours of a cluster that were up. */
export function UtilisationChart({ utilisation }: { utilisation: Utilisation }) {
  const { cluster, period, periods, total } = utilisation;
  const spec = useMemo(
    (): ChartSpec => ({
      kind: 'lines',
      x: { names: periodNames({ period, periods }) },
      xTitle: period ?? 'period',
      unit: '%',
      max: 100,
      series: [
        { name: 'CPU', values: periods.map(({ cpu_percent }) => cpu_percent) },
        ...(periods.some(({ gpu_percent }) => gpu_percent !== null)
          ? [{ name: 'GPU', values: periods.map(({ gpu_percent }) => gpu_percent) }]
          : []),
      ],
    }),
    [period, periods],
  );
  return (
    <ChartFigure
      title={`Jobs used ${percent(total.cpu_percent)} of the CPU hours of ${cluster} that were up, known for ${total.known_days} of ${plural(total.days, 'day')}.`}
      spec={spec}
    />
  );
}
