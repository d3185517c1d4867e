import type { z } from 'zod';
import type {
  histogramSchema,
  timingSchema,
  usagePageSchema,
  usageSchema,
  utilisationSchema,
} from '../../server/usage/answers.ts';

/** Statistics of waiting times or durations, in hours. */
export type Timing = z.infer<typeof timingSchema>;
/** Jobs in each class of hours. */
export type Histogram = z.infer<typeof histogramSchema>;
/** An answer of `/api/v1/usage/query`. */
export type UsageAnswer = z.infer<typeof usageSchema>;
/** The values of the measures of some jobs. */
export type UsageValues = UsageAnswer['total'];
export type UsageGroup = UsageAnswer['groups'][number];
/** The used share of the hours that were up, in all and for each period. */
export type Utilisation = z.infer<typeof utilisationSchema>;
/** Everything on the usage page, or why there is nothing. */
export type UsageAnswers = z.infer<typeof usagePageSchema>;
export type UsagePage = Exclude<UsageAnswers, { readonly problem: string }>;

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
