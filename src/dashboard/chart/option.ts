import type { EChartsCoreOption } from 'echarts/core';
import { exact, short } from '../format/numbers.ts';
import { clockTime, day, fromWallClock, fullTime } from '../format/times.ts';
import { token } from './colours.ts';
import { patterns } from './patterns.ts';
import { drawn } from './series.ts';
import type { ChartSpec } from './spec.ts';

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

function tickLabel(wall: number, span: number): string {
  const at = fromWallClock(wall);
  const isMidnight = new Date(wall).getUTCHours() === 0 && new Date(wall).getUTCMinutes() === 0;
  if (span > 40 * 24 * hourMs) return day(at).replace(/^\w+,? /, '');
  return isMidnight ? day(at) : clockTime(at);
}
