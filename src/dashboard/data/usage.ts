/** Statistics of waiting times or durations, in hours. */
export type Timing = {
  readonly jobs: number;
  readonly mean: number;
  readonly p25: number;
  readonly median: number;
  readonly p75: number;
  readonly p90: number;
  readonly max: number;
};

/** Jobs in each class of hours: below the first bound, from it to below the second, and so on. */
export type Histogram = { readonly bounds_hours: readonly number[]; readonly jobs: readonly number[] };

/** The values of the measures that the pages ask for. */
export type UsageValues = {
  readonly jobs?: number | null;
  readonly users?: number | null;
  readonly cpu_hours?: number | null;
  readonly gpu_hours?: number | null;
  readonly node_hours?: number | null;
  readonly wait?: Timing | null;
  readonly duration?: Timing | null;
  readonly wait_histogram?: Histogram | null;
  readonly duration_histogram?: Histogram | null;
  /** Of the jobs whose CPU time was sampled; null if there are none. */
  readonly efficiency?: { readonly jobs: number; readonly percent: number } | null;
};

/** The same for each period. */
export type UsageSeries = { readonly [Name in keyof UsageValues]?: readonly (UsageValues[Name] | null)[] };

export type UsageGroup = {
  readonly name: string | null;
  readonly total: UsageValues;
  readonly series: UsageSeries | null;
};

/** An answer of `/api/v1/usage/query`. */
export type UsageAnswer = {
  readonly axis: string;
  readonly from: string;
  readonly to: string;
  readonly clusters: readonly { readonly name: string; readonly timezone: string }[];
  readonly by: string | null;
  readonly period: string | null;
  readonly periods: readonly { readonly start: string; readonly end: string; readonly partial: boolean }[];
  readonly total: UsageValues;
  readonly series: UsageSeries | null;
  readonly groups: readonly UsageGroup[];
  readonly others: (Omit<UsageGroup, 'name'> & { readonly groups: number }) | null;
  readonly previous: { readonly from: string; readonly to: string; readonly total: UsageValues } | null;
  readonly notes: readonly string[];
};

/** The used share of the hours that were available; null if no status snapshot has the available hours. */
export type Use = {
  readonly days: number;
  readonly known_days: number;
  readonly cpu_percent: number | null;
  readonly gpu_percent: number | null;
};

export type Utilisation = {
  readonly cluster: string;
  readonly period: string | null;
  readonly total: Use;
  readonly periods: readonly (Use & { readonly start: string; readonly end: string; readonly partial: boolean })[];
};

/** An answer of `/api/v1/usage/page`: everything on the usage page, or why there is nothing. */
export type UsageAnswers = UsagePage | { readonly problem: string };

export type UsagePage = {
  readonly usage: UsageAnswer;
  readonly sizes: UsageAnswer;
  readonly states: UsageAnswer;
  readonly nodes: UsageAnswer;
  /** Null if a filter leaves out jobs, or if the window has too many days. */
  readonly utilisation: readonly Utilisation[] | null;
};

/** The measures that are sums, with their names and units. */
export const sums = {
  cpu_hours: { name: 'CPU hours', unit: 'CPU hours' },
  gpu_hours: { name: 'GPU hours', unit: 'GPU hours' },
  node_hours: { name: 'Node hours', unit: 'node hours' },
  jobs: { name: 'Jobs', unit: 'jobs' },
} as const;
export type Sum = keyof typeof sums;

/** What usage can be divided by, with names that begin a heading. */
export const dimensions = {
  account: 'Account',
  user: 'User',
  partition: 'Partition',
  qos: 'QOS',
  state: 'State',
  size: 'CPUs of the job',
  cluster: 'Cluster',
  node: 'Node',
  software: 'Software',
} as const;
export type Dimension = keyof typeof dimensions;

/** Returns the name of a dimension as it is written inside a sentence. */
export function wordOf(dimension: Dimension): string {
  const name = dimensions[dimension];
  const isAbbreviation = /^[A-Z]{2}/.test(name);
  return isAbbreviation ? name : name.toLowerCase();
}

/** The dimensions that jobs can be filtered by, with the name of the parameter. */
export const filters: readonly Dimension[] = [
  'cluster',
  'partition',
  'account',
  'user',
  'qos',
  'state',
  'size',
  'software',
];

/** Returns one of the keys of a table if a text is one, otherwise the fallback. */
export function oneOf<Key extends string>(table: Readonly<Record<Key, unknown>>, text: string, fallback: Key): Key {
  const keys = Object.keys(table) as Key[];
  return keys.find((key) => key === text) ?? fallback;
}

/** Returns the name of a group that is shown: some jobs have no QOS or no nodes, and most are not sampled. */
export function labelOf(name: string | null, by: string | null = null): string {
  if (name === null && by === 'software') return 'not sampled';
  return name === null || name === '' ? '(none)' : name;
}

/** True for a group that is no name: the jobs whose software is not known. */
export function isUnknown({ by }: Pick<UsageAnswer, 'by'>, name: string | null): boolean {
  return by === 'software' && name === null;
}
