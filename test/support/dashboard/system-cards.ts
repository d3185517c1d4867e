import type { z } from 'zod';
import type { systemSchema } from '../../../src/server/status/answers.ts';
import { at } from './times.ts';

const days = (bad: Readonly<Record<number, object>>) =>
  Array.from({ length: 6 }, (_, index) => ({
    date: at((index - 5) * 24).slice(0, 10),
    ...{ up: 86_000 + index, degraded: 0, down: 0, maintenance: 0, unknown: 0 },
    ...bad[index],
  }));

type Card = z.infer<typeof systemSchema> & {
  readonly figures: Readonly<Record<string, number | null>>;
  readonly day: object;
  readonly days: readonly object[];
};

const derecho: Card = {
  name: 'derecho',
  label: 'Derecho',
  kind: 'batch',
  state: 'up',
  reasons: [],
  since: at(-100),
  uptime: { days: 6, percent: 97.254, percent_without_maintenance: 99.5, known_percent: 93 },
  timestamp: at(-0.05),
  received_at: at(-0.05),
  age: 180,
  failed_probes: [],
  free: {
    cores: 13_713,
    gpus: 112,
    nodes: 1044,
    node_types: [
      { node_type: 'GPU', nodes: 28, cores_per_node: 64, gpus_per_node: 4 },
      { node_type: 'CPU', nodes: 1016, cores_per_node: 128, gpus_per_node: null },
    ],
  },
  figures: {
    cpu_utilization_percent: 34.52,
    cpu_cores_allocated: 111_743,
    cpu_cores_total: 323_712,
    gpu_utilization_percent: 65.85,
    gpu_count_allocated: 216,
    gpu_count_total: 328,
    running_jobs: 1243,
    pending_jobs: 87,
  },
  day: {
    from: at(-24),
    step: 14_400,
    fields: {
      cpu_utilization_percent: [10, 30, null, 50, null, 130],
      gpu_utilization_percent: [null, 22, 44, 66, 55, 33],
    },
  },
  days: days({
    0: { up: 0, unknown: 86_400 },
    2: { down: 7200, degraded: 3600 },
    3: { degraded: 59, maintenance: 60 },
  }),
};
const { figures } = derecho;
const [, cpuType] = derecho.free?.node_types ?? [];

/** Five systems, one in each state. */
export const cards: readonly Card[] = [
  derecho,
  {
    ...derecho,
    name: 'casper',
    state: 'degraded',
    reasons: ['2 login nodes are down', 'Outage: GPU nodes are slow', 'a third', 'a fourth', 'a fifth'],
    since: at(-5.25),
    failed_probes: ['filesystems', 'queues'],
    uptime: { days: 6, percent: null, percent_without_maintenance: null, known_percent: 0 },
    free: { cores: 512, gpus: null, nodes: null, node_types: [] },
    figures: { ...figures, gpu_count_total: 0, cpu_utilization_percent: null, cpu_cores_allocated: null },
    days: days({ 1: { degraded: 600 }, 4: { degraded: 60, unknown: 40 }, 5: { unknown: 60 } }),
  },
  {
    ...derecho,
    name: 'gust',
    state: 'down',
    reasons: ['no node is available', 'New switches'],
    since: null,
    free: { cores: 0, gpus: 3, nodes: 2, node_types: cpuType ? [{ ...cpuType, nodes: 0 }] : [] },
    days: days({}),
  },
  { ...derecho, name: 'old', reasons: ['a reason'], timestamp: at(-0.4), since: at(-9), free: null },
  {
    ...derecho,
    name: 'hub',
    kind: 'hub',
    state: 'down',
    reasons: ['the service does not answer'],
    timestamp: at(-1 / 6),
    figures: { active_sessions: 530, active_users: 412, nodes_total: 20, nodes_free: 4 },
    day: { from: at(-24), step: 14_400, fields: { active_sessions: [500, 540, 520, null, 600, 530] } },
  },
];
