import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../chart/chart.tsx';
import type { Band, ChartSpec } from '../chart/spec.ts';
import { Empty, WhenLoaded } from '../components/notice.tsx';
import { type ChosenRange, RangePicker, rangeOf } from '../components/range.tsx';
import { type HistoryOf, historyData, systemPage, usersData } from '../data/addresses.ts';
import { bandsOf } from '../data/bands.ts';
import { useData } from '../data/fetching.ts';
import { type ChartOfFields, chartsOf, sentenceOf } from '../data/history-charts.ts';
import type { History, UserHistory } from '../data/status.ts';
import { duration, parseTime } from '../format/times.ts';
import { parameter, setParameters } from '../navigation.ts';
import type { PageParameters } from './parameters.ts';
import { ReservationHistoryView } from './reservation-history.tsx';
import { UserHistoryChart, useUserQuestion } from './user-history.tsx';

const words: Readonly<Record<HistoryOf, string>> = {
  totals: '',
  queues: 'queue',
  'node-types': 'node type',
  'login-nodes': 'login node',
  filesystems: 'filesystem',
  users: 'user',
  projects: 'project',
  reservations: 'reservation',
};

function partOf(text: string): HistoryOf {
  return Object.keys(words).find((part): part is HistoryOf => part === text) ?? 'totals';
}

/** The page with the history of a system or of one of its parts. */
export function HistoryPage({ system = '' }: PageParameters) {
  const part = partOf(parameter('of'));
  const name = parameter('name');
  const title = part === 'totals' ? system : name === '' ? part : `${words[part]} ${name}`;
  return (
    <>
      <div class="heading">
        <h1>History of {title}</h1>
        <span class="muted">
          {part !== 'totals' && 'on '}
          <a href={systemPage(system)}>{part === 'totals' ? 'now' : system}</a>
        </span>
      </div>
      {part === 'reservations' ? (
        <ReservationHistoryView system={system} name={name} />
      ) : (
        <OverTime system={system} part={part} name={name} title={title} />
      )}
    </>
  );
}

type Part = { system: string; part: HistoryOf; name: string; title: string };

function OverTime({ system, part, name, title }: Part) {
  const range = rangeOf('24h');
  const isAll = (part === 'users' || part === 'projects') && name === '';
  return (
    <>
      <RangePicker fallback="24h" />
      {isAll ? (
        <People system={system} by={part === 'users' ? 'user' : 'project'} range={range} />
      ) : (
        <Values system={system} part={part} name={name} range={range} title={title} />
      )}
    </>
  );
}

function People({ system, by, range }: { system: string; by: 'user' | 'project'; range: ChosenRange }) {
  const history = useData<UserHistory>(usersData(system, by, useUserQuestion(range)));
  return <WhenLoaded loading={history}>{(data) => <UserHistoryChart history={data} />}</WhenLoaded>;
}

function Values({ system, part, name, range, title }: Part & { range: ChosenRange }) {
  const address = useMemo(() => historyData(system, part, name, range.query()), [system, part, name, range.key]);
  const history = useData<History>(address);
  return <WhenLoaded loading={history}>{(data) => <Charts history={data} title={title} />}</WhenLoaded>;
}

function Charts({ history, title }: { history: History; title: string }) {
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
        {hasRange && ' The pale area reaches from the least to the greatest value.'} Mark a stretch with the mouse to
        zoom.
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
            {band.label}: {new Date(band.from).toISOString().slice(0, 16).replace('T', ' ')} UTC,{' '}
            {duration(band.to - band.from)}
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
