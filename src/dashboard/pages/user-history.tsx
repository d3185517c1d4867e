import { useMemo } from 'preact/hooks';
import { ChartFigure } from '../chart/chart.tsx';
import type { ChartSpec, Series } from '../chart/spec.ts';
import { ChoiceField } from '../components/choice.tsx';
import { Empty } from '../components/notice.tsx';
import type { ChosenRange } from '../components/range.tsx';
import { bandsOf } from '../data/bands.ts';
import type { UserHistory } from '../data/status.ts';
import { short } from '../format/numbers.ts';
import { parseTime } from '../format/times.ts';
import { parameter, setParameters } from '../navigation.ts';

const states = { running: 'running', pending: 'pending', held: 'held' } as const;
const metrics = { cores: 'cores', jobs: 'jobs', gpus: 'GPUs', nodes: 'nodes' } as const;
const ranks = { current: 'the newest value', peak: 'the greatest value' } as const;

function keyIn<Key extends string>(table: Readonly<Record<Key, string>>, name: string, fallback: NoInfer<Key>): Key {
  const keys = Object.keys(table) as Key[];
  return keys.find((key) => key === parameter(name)) ?? fallback;
}

/** What the address says about the users or projects that are shown. */
function chosen() {
  const state = keyIn(states, 'state', 'running');
  const metric = keyIn(metrics, 'metric', 'cores');
  return {
    state,
    // Snapshots have no nodes of jobs that do not run.
    metric: state !== 'running' && metric === 'nodes' ? 'cores' : metric,
    rank: keyIn(ranks, 'rank', 'current'),
  };
}

/** Returns the query for what the address says about users or projects. It changes only with the address. */
export function useUserQuestion(range: ChosenRange): URLSearchParams {
  const { state, metric, rank } = chosen();
  return useMemo(
    () => new URLSearchParams([...range.query(), ['state', state], ['metric', metric], ['rank', rank], ['top', '7']]),
    [range.key, state, metric, rank],
  );
}

/** The users or projects of a system over time, stacked: those with the most have a colour of their own. */
export function UserHistoryChart({ history }: { history: UserHistory }) {
  const { state, metric, rank } = chosen();
  const known = Object.entries(metrics).filter(([key]) => state === 'running' || key !== 'nodes');
  return (
    <>
      <div class="toolbar">
        <ChoiceField name="state" label="Jobs" value={state} options={Object.entries(states)} />
        <ChoiceField name="metric" label="Measure" value={metric} options={known} />
        <ChoiceField name="rank" label="Order by" value={rank} options={Object.entries(ranks)} />
      </div>
      <Stack history={history} metric={metrics[metric]} />
    </>
  );
}

function Stack({ history, metric }: { history: UserHistory; metric: string }) {
  const spec = useMemo((): ChartSpec => {
    const start = parseTime(history.from) ?? 0;
    const { count } = history.others;
    const rest: Series[] = count > 0 ? [{ name: `${count} others`, values: history.others.average, isRest: true }] : [];
    return {
      kind: 'stack',
      x: { times: history.snapshots.map((_, index) => start + (index + 0.5) * history.step * 1000) },
      xTitle: 'Time',
      unit: metric,
      series: [...history.series.map(({ name, average }) => ({ name, values: average })), ...rest],
      bands: bandsOf(history, history.outages),
    };
  }, [history, metric]);
  const first = history.series[0];
  if (first === undefined) return <Empty>No {history.state} jobs in this period.</Empty>;
  const zoom = (from: number, to: number) =>
    setParameters({ range: '', from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  const last = first.average.findLast((value) => value !== null) ?? null;
  const of = `${history.series.length} of ${history.series.length + history.others.count} ${history.group_by}s`;
  return (
    <ChartFigure
      title={`${first.name} comes first, with ${short(last)} ${metric} of ${history.state} jobs at the end; ${of} are named.`}
      spec={spec}
      onZoom={zoom}
    />
  );
}
