import type { z } from 'zod';
import type {
  histogramSchema,
  timingSchema,
  usageSchema,
  utilisationSchema,
  valuesSchema,
} from '../../../src/server/usage/answers.ts';

// Answers about finished jobs. All numbers differ, so that no page can show one in the place of another.

type Usage = z.infer<typeof usageSchema>;

const timing = (first: number): z.infer<typeof timingSchema> => ({
  jobs: 40 + first,
  ...{ mean: first * 1.5, min: 0.01, p25: first * 0.5, median: first, p75: first * 2, p90: first * 3 },
  ...{ p95: first * 4, p99: first * 5, max: first * 6 },
});
const histogram = (first: number): z.infer<typeof histogramSchema> => ({
  bounds_hours: [0.5, 1, 4, 24, 72, 168],
  jobs: [first * 3, first * 2, first + 5, first, 4, 0, 2],
});

/** Returns the values of all measures. */
function valuesOf(first: number): z.infer<typeof valuesSchema> {
  return {
    jobs: first * 101,
    users: first + 6,
    cpu_hours: first * 2048.126,
    gpu_hours: first * 16.5,
    node_hours: first * 32.25,
    wait: timing(first / 10),
    duration: timing(first * 4),
    wait_histogram: histogram(first),
    duration_histogram: histogram(first + 1),
    efficiency: { jobs: first + 9, percent: 61.28 },
  };
}

const month = (start: string, end: string, partial: boolean) => ({ start, end, partial });
const periods = [
  month('2026-09-29', '2026-09-30', true),
  month('2026-10-01', '2026-10-31', false),
  month('2026-11-01', '2026-11-28', true),
];

/** Returns the values in each period; in the second there were no jobs. */
function seriesOf(first: number): NonNullable<Usage['series']> {
  const all = [first, 0, first + 2].map(valuesOf);
  const list = <Key extends keyof z.infer<typeof valuesSchema>>(key: Key) => all.map((one) => one[key]);
  return {
    ...{ jobs: list('jobs'), users: list('users'), cpu_hours: list('cpu_hours'), gpu_hours: list('gpu_hours') },
    ...{ node_hours: list('node_hours'), wait: [timing(first), null, timing(first + 3)] },
    duration: [timing(first + 5), null, timing(first + 8)],
    wait_histogram: [histogram(first), null, histogram(first + 4)],
    duration_histogram: [histogram(first), null, histogram(first + 4)],
  } as NonNullable<Usage['series']>;
}

const names: Readonly<Record<string, readonly (string | null)[]>> = {
  account: ['physics', 'earth & sun', 'bio/12'],
  user: ['anna', 'bert', 'carl'],
  partition: ['main', 'gpu', ''],
  qos: ['normal', null, 'high'],
  state: ['COMPLETED', 'FAILED', 'TIMEOUT'],
  size: ['33-128', '1', '2-8'],
  cluster: ['derecho', 'casper'],
  node: ['n12', 'n3', 'n7'],
  software: [null, 'python', 'matlab'],
};

/** Returns the answer to a question about jobs. */
export function usageOf(query: URLSearchParams, by: string): Usage {
  const period = ['day', 'week', 'month', 'quarter', 'year'].find((one) => one === query.get('period')) ?? 'month';
  return {
    axis: 'elapsed',
    from: query.get('from') ?? '2024-02-03',
    to: query.get('to') ?? '2026-11-28',
    clusters: [
      { name: 'derecho', timezone: 'America/Denver' },
      { name: 'casper', timezone: 'UTC' },
    ],
    by,
    period: period as NonNullable<Usage['period']>,
    periods,
    total: valuesOf(70),
    series: seriesOf(30),
    groups: (names[by] ?? []).map((name, index) => ({
      name,
      total: index === 2 ? { jobs: 3, cpu_hours: 12.346 } : valuesOf(40 - index * 17),
      series: index === 2 ? null : seriesOf(20 - index * 7),
    })),
    others: by === 'cluster' ? null : { groups: 14, total: valuesOf(9), series: seriesOf(4) },
    previous:
      query.get('compare') === 'true'
        ? {
            from: '2024-11-29',
            to: '2025-11-28',
            total: { ...valuesOf(56), jobs: 9000, users: 76, gpu_hours: 0, node_hours: 30, wait: null },
          }
        : null,
    notes: ['efficiency is that of sampled jobs only: see help usage', 'other note'],
  };
}

const utilised = (first: number) => ({
  ...{ days: 60, known_days: 41, cpu_hours_used: first * 100, cpu_hours_available: first * 200 },
  ...{ cpu_percent: first + 0.25, gpu_hours_used: first, gpu_hours_available: null },
});
const utilisationOf = (cluster: string): z.infer<typeof utilisationSchema> => ({
  cluster,
  from: '2025-11-29',
  to: '2026-11-28',
  period: 'month',
  total: { ...utilised(62), gpu_percent: 31.5 },
  periods: periods.map((period, index) => ({
    ...period,
    ...utilised(50 + index * 11),
    gpu_percent: index === 1 || cluster === 'casper' ? null : 21 + index,
  })),
  notes: [],
});

/** Returns everything on the usage page. */
export function usagePageOf(query: URLSearchParams) {
  const [derecho, casper] = [utilisationOf('derecho'), utilisationOf('casper')];
  const unknown = { ...casper, cluster: 'gust', total: { ...casper.total, known_days: 0 } };
  return {
    usage: usageOf(query, query.get('by') ?? 'account'),
    sizes: usageOf(query, 'size'),
    states: usageOf(query, 'state'),
    nodes: usageOf(query, 'node'),
    utilisation: query.has('state') ? null : [derecho, casper, unknown, { ...unknown, cluster: 'old' }],
  };
}
