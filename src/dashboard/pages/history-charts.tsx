import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../chart/chart.tsx';
import type { Band, ChartSpec } from '../chart/spec.ts';
import { Empty } from '../components/notice.tsx';
import { bandsOf } from '../data/bands.ts';
import { type ChartOfFields, chartsOf, sentenceOf } from '../data/history-charts.ts';
import type { History } from '../data/status.ts';
import { dateTime, duration, parseTime } from '../format/times.ts';
import { parameter, setParameters } from '../navigation.ts';

/** The charts of a history, with outages, gaps and failed probes marked. `title` is what the history is of. */
export function HistoryCharts({ history, title }: { history: History; title: string }) {
  const times = useMemo(() => timesOf(history), [history]);
  const bands = useMemo(() => bandsOf(history, history.outages), [history]);
  const charts = chartsOf(history, parameter('field'));
  const hasRange = Object.values(history.fields).some(({ minimum }) => minimum !== undefined);
  if (history.snapshots.every((count) => count === 0)) {
    return <Empty>There are no snapshots in this period. Choose a longer one.</Empty>;
  }
  const zoom = (from: number, to: number) =>
    setParameters({ range: '', from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  return (
    <>
      <p class="detail">
        Each point is the average of {duration(history.step * 1000)}.
        {hasRange && ' The pale area reaches from the least to the greatest value.'}
        <span class="on-screen"> Select a range with the mouse to zoom.</span>
      </p>
      <div class="charts">
        {charts.map((chart) => (
          <FieldChart
            key={chart.title}
            chart={chart}
            history={history}
            times={times}
            bands={bands}
            title={title}
            onZoom={zoom}
          />
        ))}
      </div>
      {bands.length > 0 && <Bands bands={bands} />}
    </>
  );
}

type FieldChartProps = {
  readonly chart: ChartOfFields;
  readonly history: History;
  readonly times: readonly number[];
  readonly bands: readonly Band[];
  readonly title: string;
  readonly onZoom: (from: number, to: number) => void;
};

function FieldChart({ chart, history, times, bands, title, onZoom }: FieldChartProps) {
  const spec = useMemo(
    (): ChartSpec => ({
      kind: 'lines',
      x: { times },
      xTitle: 'Time',
      unit: chart.unit,
      isWhole: chart.unit !== '%' && chart.unit !== 'TiB',
      ...(chart.unit === '%' && chart.max !== undefined ? { max: chart.max } : {}),
      series: chart.fields.map(({ field, name }) => {
        const values = history.fields[field];
        return {
          name,
          values: values?.average ?? [],
          ...(values?.minimum && values.maximum && chart.fields.length <= 3
            ? { low: values.minimum, high: values.maximum }
            : {}),
        };
      }),
      bands,
    }),
    [chart.title, history, times, bands],
  );
  return <ChartFigure title={sentenceOf(chart, history, title)} spec={spec} onZoom={onZoom} />;
}

/** What happened in the period: outages, gaps and failed probes. */
function Bands({ bands }: { bands: readonly Band[] }) {
  return (
    <details>
      <summary>
        {bands.length === 1 ? '1 event is' : `${bands.length} events are`} marked in the charts: outages, gaps and
        failed probes
      </summary>
      <ul class="events" aria-label="Events">
        {bands.map((band) => (
          <li key={`${band.from} ${band.label}`}>
            {band.label}: {dateTime(band.from)}, {duration(band.to - band.from)}
          </li>
        ))}
      </ul>
    </details>
  );
}

/** Returns the middles of the steps of a history, in ms. */
function timesOf({ from, step, snapshots }: History): number[] {
  const start = parseTime(from) ?? 0;
  return snapshots.map((_, index) => start + (index + 0.5) * step * 1000);
}
