import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import { wallClock } from '../format/times.ts';
import { seriesColour, token } from './colours.ts';
import { hatching } from './patterns.ts';
import type { Band, ChartSpec, Series } from './spec.ts';

/** The dashes of the lines in their order, as lengths of strokes and gaps; `0` is an unbroken line. */
export const dashes = ['0', '6 3', '2 2'] as const;

function dashesOf(index: number): 'solid' | number[] {
  const lengths = dashes[index % dashes.length] ?? '0';
  return lengths === '0' ? 'solid' : lengths.split(' ').map(Number);
}

type Drawn = LineSeriesOption | BarSeriesOption;

/** Returns what ECharts draws for a series of a chart: the band around a line first, so that the line is above it. */
export function drawn(spec: ChartSpec, series: Series, index: number): Drawn[] {
  const color = seriesColour(index, series.isRest ?? false);
  const data = pointsOf(spec, series.values);
  if (spec.kind === 'ranking' || spec.kind === 'bars') {
    return [
      {
        type: 'bar',
        name: series.name,
        data: spec.namedBars === undefined ? data : coloured(series.values, spec.namedBars),
        itemStyle: { color },
        barMaxWidth: 32,
        ...(spec.kind === 'bars' ? { stack: 'all' } : {}),
      },
    ];
  }
  const bands: Pick<LineSeriesOption, 'markArea'> =
    index === 0 && spec.bands
      ? { markArea: { silent: true, label: { show: false }, data: spec.bands.map(areaOf) } }
      : {};
  const isStack = spec.kind === 'stack';
  const main: LineSeriesOption = {
    type: 'line',
    name: series.name,
    data,
    symbol: 'none',
    connectNulls: false,
    ...(isStack ? { step: 'middle', stack: 'all', areaStyle: { color, opacity: 0.75 } } : {}),
    itemStyle: { color },
    lineStyle: { color, width: isStack ? 1 : 2, type: isStack ? 'solid' : dashesOf(index) },
    ...bands,
  };
  return [...rangeOf(spec, series, color, index), main];
}

function coloured(values: Series['values'], named: number) {
  return values.map((value, index) => ({ value, itemStyle: { color: seriesColour(index, index >= named) } }));
}

/** Returns the area between the low and high values of a series, as two stacked series without lines. */
function rangeOf(spec: ChartSpec, { low, high }: Series, color: string, index: number): LineSeriesOption[] {
  if (!low || !high || spec.kind !== 'lines') return [];
  const common = {
    type: 'line',
    stack: `range ${index}`,
    symbol: 'none',
    silent: true,
    lineStyle: { opacity: 0 },
    stackStrategy: 'all',
  } as const;
  const heights = high.map((value, at) => difference(value, low[at] ?? null));
  return [
    { ...common, data: pointsOf(spec, low) },
    { ...common, data: pointsOf(spec, heights), areaStyle: { color, opacity: 0.18 } },
  ];
}

function difference(high: number | null, low: number | null): number | null {
  return high === null || low === null ? null : high - low;
}

type Point =
  | number
  | null
  | { value: number | null | [number, number | null]; symbol: 'circle' | 'none'; symbolSize: number };

function pointsOf({ x, kind }: ChartSpec, values: readonly (number | null)[]): Point[] {
  if ('names' in x && kind !== 'lines') return [...values];
  const isKnown = (index: number) => (values[index] ?? null) !== null;
  return values.map((value, index) => ({
    value: 'names' in x ? value : [wallClock(x.times[index] ?? 0), value],
    // A single value between two gaps is only visible as a dot.
    symbol: isKnown(index) && !isKnown(index - 1) && !isKnown(index + 1) ? 'circle' : 'none',
    symbolSize: 6,
  }));
}

function areaOf({
  from,
  to,
  kind,
  label,
}: Band): [{ xAxis: number; itemStyle: object; name: string }, { xAxis: number }] {
  return [
    {
      xAxis: wallClock(from),
      itemStyle: kind === 'unknown' ? { color: hatching(), opacity: 0.5 } : { color: token(kind), opacity: 0.16 },
      name: label,
    },
    { xAxis: wallClock(to) },
  ];
}
