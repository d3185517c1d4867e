import { short } from '../format/numbers.ts';
import type { FieldHistory, History } from './status.ts';

/** A chart of some fields of a history that have one unit. */
export type ChartOfFields = {
  readonly title: string;
  readonly unit: string;
  readonly max?: number;
  readonly fields: readonly { readonly field: string; readonly name: string }[];
};

type Entry = readonly [title: string, unit: string, fields: Readonly<Record<string, string>>, max?: number];

const nodes = (prefix: string) => ({
  [`${prefix}_nodes_available`]: 'Available',
  [`${prefix}_nodes_down`]: 'Down',
  [`${prefix}_nodes_reserved`]: 'Reserved',
});
const utilization: Entry = [
  'Utilization',
  '%',
  { cpu_utilization_percent: 'CPU', gpu_utilization_percent: 'GPU', memory_utilization_percent: 'Memory' },
  100,
];

/** Of users and projects the record has what queues have, without the number of users. */
const ofPerson: readonly Entry[] = [
  ['Jobs', 'jobs', { running_jobs: 'Running', pending_jobs: 'Pending', held_jobs: 'Held' }],
  ['Cores', 'cores', { cores_allocated: 'Allocated', cores_pending: 'Asked for', cores_held: 'Held' }],
  ['GPUs', 'GPUs', { gpus_allocated: 'Allocated', gpus_pending: 'Asked for', gpus_held: 'Held' }],
  ['Nodes', 'nodes', { nodes_allocated: 'Allocated' }],
];

/** The charts of each kind of history, in their order. */
const charts: Readonly<Record<string, readonly Entry[]>> = {
  system: [
    utilization,
    ['Jobs', 'jobs', { running_jobs: 'Running', pending_jobs: 'Pending', held_jobs: 'Held' }],
    ['Cores', 'cores', { cpu_cores_allocated: 'Allocated', cpu_cores_idle: 'Idle' }],
    ['GPUs', 'GPUs', { gpu_count_allocated: 'Allocated', gpu_count_idle: 'Idle' }],
    ['CPU nodes', 'nodes', nodes('cpu')],
    ['GPU nodes', 'nodes', nodes('gpu')],
    ['Visualization GPUs', 'GPUs', { viz_count_allocated: 'Allocated', viz_count_idle: 'Idle' }],
    ['Visualization nodes', 'nodes', nodes('viz')],
    ['Active users', 'users', { active_users: 'Active users' }],
  ],
  hub: [
    ['Sessions', 'sessions', { active_sessions: 'Sessions', active_users: 'Users' }],
    [
      'Sessions by class',
      'sessions',
      { casper_login_jobs: 'Casper login', casper_batch_jobs: 'Casper batch', derecho_batch_jobs: 'Derecho batch' },
    ],
    utilization,
    ['Nodes', 'nodes', { nodes_busy: 'Busy', nodes_free: 'Free', nodes_down: 'Down' }],
    ['Jobs', 'jobs', { jobs_running: 'Running', jobs_suspended: 'Suspended' }],
  ],
  queue: [...ofPerson, ['Active users', 'users', { active_users: 'Active users' }]],
  user: ofPerson,
  project: ofPerson,
  node_type: [
    ['Utilization', '%', { utilization_percent: 'CPU', memory_utilization_percent: 'Memory' }, 100],
    ['Nodes', 'nodes', { nodes_available: 'Available', nodes_allocated: 'Allocated', nodes_down: 'Down' }],
  ],
  login_node: [
    ['Load', '%', { load_1min: '1 minute', load_5min: '5 minutes', load_15min: '15 minutes' }],
    ['Users', 'users', { user_count: 'Users' }],
    ['Availability', '%', { available: 'Availability' }, 100],
  ],
  filesystem: [
    ['Use', '%', { utilization_percent: 'Space', inodes_utilization_percent: 'Inodes' }, 100],
    ['Space', 'TiB', { used_tb: 'Used', capacity_tb: 'Capacity' }],
    ['Inodes', 'inodes', { used_inodes: 'Used', capacity_inodes: 'Capacity' }],
  ],
};

/**
 * Returns the charts of a history that have data. Charts that are zero all the time, such as the GPUs of a queue without
 * GPUs, are left out.
 * @param first the field whose chart comes first; empty for the usual order
 */
export function chartsOf({ kind, fields }: History, first: string): ChartOfFields[] {
  const found = (charts[kind] ?? []).flatMap(([title, unit, names, max]): ChartOfFields[] => {
    const known = Object.entries(names)
      .filter(([field]) => fields[field]?.average.some((value) => value !== null))
      .map(([field, name]) => ({ field, name }));
    const isZero = known.every(({ field }) => greatestOf(fields[field]) === 0);
    const isAsked = Object.hasOwn(names, first);
    if (known.length === 0 || (isZero && !isAsked && title !== 'Jobs')) return [];
    return [{ title, unit, fields: known, ...(max === undefined ? {} : { max }) }];
  });
  const isFirst = (chart: ChartOfFields) => chart.fields.some(({ field }) => field === first);
  return [...found.filter(isFirst), ...found.filter((chart) => !isFirst(chart))];
}

/** Returns the greatest value, or the greatest average if only averages are kept. */
function greatestOf(values: FieldHistory | undefined): number {
  return Math.max(0, ...(values?.maximum ?? values?.average ?? []).map((value) => value ?? 0));
}

/**
 * Returns a sentence that says what a chart shows, such as `CPU utilization of derecho was 71 % on average and 97 % at
 * most.` It is about the first field of the chart.
 */
export function sentenceOf({ title, unit, fields }: ChartOfFields, { fields: values }: History, of: string): string {
  const first = fields[0];
  const known = (first && values[first.field]?.average.filter((value) => value !== null)) ?? [];
  const average = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  const [thing = title] = title.split(' by ');
  const what = /^[A-Z]{2}/.test(thing) ? thing : `${thing.charAt(0).toLowerCase()}${thing.slice(1)}`;
  const subject = first === undefined || first.name === title ? title : `${first.name} ${what}`;
  const suffix = ['%', 'TiB'].includes(unit) ? `\u00a0${unit}` : '';
  const verb = thing.endsWith('s') ? 'were' : 'was';
  const greatest = `${short(greatestOf(first && values[first.field]))}${suffix}`;
  const end = first && values[first.field]?.maximum ? `${greatest} at most` : `${greatest} in the highest step`;
  return `${subject} of ${of} ${verb} ${short(average)}${suffix} on average and ${end}.`;
}
