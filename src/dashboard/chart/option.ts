import type { BarSeriesOption, LineSeriesOption } from 'echarts/charts';
import type { EChartsCoreOption } from 'echarts/core';
import { exact, short } from '../format/numbers.ts';
import { clockTime, day, fromWallClock, fullTime, wallClock } from '../format/times.ts';
import { isDark, seriesColour, token } from './colours.ts';
import type { Band, ChartSpec, Series } from './spec.ts';

const hourMs = 3_600_000;

/** Returns what ECharts draws for a chart. */
export function optionOf(spec: ChartSpec): EChartsCoreOption {
  const isTime = 'times' in spec.x;
  const muted = token('muted');
  const line = token('line');
  const value = {
    type: 'value',
    min: 0,
    ...(spec.max === undefined ? {} : { max: spec.max }),
    ...(spec.isWhole ? { minInterval: 1 } : {}),
    name: spec.unit,
    ...(spec.kind === 'ranking' ? { nameLocation: 'middle', nameGap: 28 } : {}),
    nameTextStyle: { color: muted, align: spec.kind === 'ranking' ? 'center' : 'left' },
    axisLabel: { color: muted, formatter: (amount: number) => short(amount) },
    splitLine: { lineStyle: { color: line } },
  };
  const names = {
    type: 'category',
    data: 'names' in spec.x ? [...spec.x.names] : [],
    axisLabel: {
      color: muted,
      ...(spec.showsAllNames ? { interval: 0, hideOverlap: true, fontSize: 11 } : { width: 140, overflow: 'truncate' }),
    },
    axisLine: { lineStyle: { color: line } },
    axisTick: { show: false },
    ...(spec.kind === 'ranking' ? { inverse: true } : {}),
  };
  const span = 'times' in spec.x ? (spec.x.times.at(-1) ?? 0) - (spec.x.times[0] ?? 0) : 0;
  const time = {
    type: 'time',
    splitNumber: 4,
    // The values are readings of the site's clock, so that ticks are at its midnights.
    axisLabel: { color: muted, hideOverlap: true, formatter: (wall: number) => tickLabel(wall, span) },
    axisLine: { lineStyle: { color: line } },
    splitLine: { show: false },
  };
  return {
    useUTC: true,
    animation: false,
    textStyle: { fontFamily: token('font') },
    // The unit of a ranking is below its axis.
    grid: {
      left: 8,
      right: 16,
      top: spec.kind === 'ranking' ? 8 : 32,
      bottom: spec.kind === 'ranking' ? 24 : 8,
      containLabel: true,
    },
    aria: {
      enabled: true,
      // The element around the chart has its own label.
      label: { enabled: false },
      decal: { show: ['stack', 'bars'].includes(spec.kind) && spec.series.length > 1, decals: patterns() },
    },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      axisPointer: { type: isTime ? 'line' : 'shadow' },
      backgroundColor: token('background'),
      borderColor: token('strong-line'),
      textStyle: { color: token('text'), fontSize: 13 },
      formatter: (points: readonly { readonly dataIndex: number }[]) => readout(spec, points[0]?.dataIndex ?? 0),
    },
    toolbox: {
      show: isTime,
      itemSize: 0,
      feature: { dataZoom: { yAxisIndex: false, icon: { zoom: 'none', back: 'none' } } },
    },
    xAxis: spec.kind === 'ranking' ? value : isTime ? time : names,
    yAxis: spec.kind === 'ranking' ? names : value,
    series: spec.series.flatMap((series, index) => drawn(spec, series, index)),
  };
}

/** Returns the text that says what a chart shows at a position: the x value, each series, and the bands there. */
export function readout(spec: ChartSpec, index: number): string {
  const at = 'times' in spec.x ? spec.x.times[index] : undefined;
  const head = at === undefined ? ('names' in spec.x ? (spec.x.names[index] ?? '') : '') : fullTime(at);
  const lines = spec.series.map(({ name, values, low, high }) => {
    const value = values[index] ?? null;
    if (value === null) return `${name}: no data`;
    const between =
      low && high && low[index] !== high[index]
        ? ` (${exact(low[index] ?? null)} to ${exact(high[index] ?? null)})`
        : '';
    return `${name}: ${exact(value)} ${spec.unit}${between}`;
  });
  const bands = (spec.bands ?? []).filter(({ from, to }) => at !== undefined && from <= at && at < to);
  return [head, ...lines, ...bands.map(({ label }) => label)].join('\n');
}

/** The dashes of the lines in their order, as lengths of strokes and gaps; `0` is an unbroken line. */
export const dashes = ['0', '6 3', '2 2'] as const;

function dashesOf(index: number): 'solid' | number[] {
  const lengths = dashes[index % dashes.length] ?? '0';
  return lengths === '0' ? 'solid' : lengths.split(' ').map(Number);
}

type Drawn = LineSeriesOption | BarSeriesOption;

function drawn(spec: ChartSpec, series: Series, index: number): Drawn[] {
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

/** Patterns that tell the parts of a stack apart without colours. */
function patterns() {
  const color = isDark.value ? 'rgba(0, 0, 0, 0.35)' : 'rgba(255, 255, 255, 0.45)';
  const stripes = { color, dashArrayX: [1, 0], dashArrayY: [2, 5], symbolSize: 1 };
  return [
    { symbol: 'none', color },
    { ...stripes, rotation: -Math.PI / 4 },
    {
      color,
      symbol: 'circle',
      dashArrayX: [
        [6, 6],
        [0, 6, 6, 0],
      ],
      dashArrayY: [6, 0],
      symbolSize: 0.5,
    },
    { ...stripes, rotation: Math.PI / 4 },
    { ...stripes, rotation: 0 },
    { ...stripes, dashArrayY: [1, 3], rotation: Math.PI / 2 },
  ];
}

/** Stripes for stretches about which nothing is known. */
function hatching() {
  const colour = token('unknown');
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><path d="M-1 9L9 -1M-1 1L1 -1M7 9L9 7" stroke="${colour}" stroke-width="1.5"/></svg>`;
  const image = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  return { image, repeat: 'repeat', imageWidth: 8, imageHeight: 8 };
}

function tickLabel(wall: number, span: number): string {
  const at = fromWallClock(wall);
  const isMidnight = new Date(wall).getUTCHours() === 0 && new Date(wall).getUTCMinutes() === 0;
  if (span > 40 * 24 * hourMs) return day(at).replace(/^\w+,? /, '');
  return isMidnight ? day(at) : clockTime(at);
}
