/** The measures of a question. Hours are sums of the usage; wait and duration have statistics over the jobs. */
export const measures = [
  'jobs',
  'users',
  'cpu_hours',
  'gpu_hours',
  'node_hours',
  'wait',
  'duration',
  'wait_histogram',
  'duration_histogram',
  'efficiency',
] as const;
export type Measure = (typeof measures)[number];
