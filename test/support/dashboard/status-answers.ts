import type { z } from 'zod';
import type {
  outageRowSchema,
  outageWithUpdatesSchema,
  reservationHistorySchema,
  reservationRowSchema,
} from '../../../src/server/status/answers.ts';
import { at } from './times.ts';

// Outages, reservations and collectors. All numbers differ, so that no page can show one in the place of another.

type Outage = z.infer<typeof outageRowSchema>;
type Reservation = z.infer<typeof reservationRowSchema>;

const openOutage: Outage = {
  outage_id: 31,
  system_name: 'Casper',
  title: 'GPU nodes are slow',
  severity: 'major',
  status: 'identified',
  component: 'gpu nodes',
  description: 'Two lines\nof <b>text</b>',
  start_time: at(-5.25),
  end_time: null,
  estimated_resolution: at(3.5),
  created_at: at(-5),
  updated_at: at(-2),
};
const outage = (changes: Partial<Outage>): Outage => ({
  ...openOutage,
  component: null,
  description: null,
  estimated_resolution: null,
  ...changes,
});

/** The outages that have not ended: two systems are down or degraded, one is maintained, and two works are planned. */
export const openOutages: readonly Outage[] = [
  outage({ outage_id: 35, title: 'Next year', severity: 'maintenance', start_time: at(20 * 24), system_name: 'gust' }),
  outage({
    outage_id: 34,
    system_name: 'derecho',
    title: 'Cooling work',
    severity: 'maintenance',
    status: 'investigating',
    start_time: at(70),
    estimated_resolution: at(82),
  }),
  openOutage,
  outage({
    outage_id: 33,
    system_name: 'gust',
    title: 'New switches',
    severity: 'maintenance',
    status: 'monitoring',
    start_time: at(-30),
    estimated_resolution: at(20),
  }),
  outage({ outage_id: 32, system_name: 'hub', title: 'No logins', severity: 'critical', start_time: at(-1.5) }),
];

/** Those that have ended, too. */
export const allOutages: readonly Outage[] = [
  ...openOutages,
  outage({
    outage_id: 27,
    title: 'Short',
    severity: 'minor',
    start_time: at(-52),
    end_time: at(-51.75),
    status: 'resolved',
  }),
  outage({
    outage_id: 26,
    system_name: 'derecho',
    title: 'Scratch did not answer',
    severity: 'critical',
    component: '/scratch',
    status: 'resolved',
    start_time: at(-20 * 24),
    end_time: at(-18 * 24),
  }),
  outage({
    outage_id: 25,
    system_name: 'gust',
    title: 'Update',
    severity: 'maintenance',
    start_time: at(-19 * 24),
    end_time: at(-16.5 * 24),
    status: 'monitoring',
  }),
  outage({ outage_id: 24, title: 'Old', start_time: at(-400 * 24), end_time: at(-371 * 24), status: 'resolved' }),
];

export const outageInFull: z.infer<typeof outageWithUpdatesSchema> = {
  ...openOutage,
  updates: [
    { at: at(-5), by: 'first', changes: { title: 'It is reported' } },
    { at: at(-4), by: 'anna', changes: { status: 'identified', estimated_resolution: at(2) } },
    { at: at(-2), changes: { description: null, end_time: at(3.5), outage_time: 'noon' } },
  ],
};

/** The reservations of all systems: one runs, and two begin. */
export const reservations: readonly Reservation[] = [
  {
    reservation_id: 7,
    system_name: 'derecho',
    reservation_name: 'R7',
    description: 'A course',
    start_time: at(-3),
    end_time: at(5),
    node_count: 40,
    partition: 'main',
    created_at: at(-90),
    updated_at: at(-0.1),
  },
  {
    reservation_id: 9,
    system_name: 'derecho',
    reservation_name: 'R9 & more, whose name is long',
    description: null,
    start_time: at(26),
    end_time: at(50),
    node_count: null,
    partition: null,
    created_at: at(-80),
    updated_at: at(-0.1),
  },
  {
    reservation_id: 8,
    system_name: 'casper',
    reservation_name: 'R8',
    description: 'Second',
    start_time: at(17),
    end_time: at(20.5),
    node_count: 1200,
    partition: 'gpu',
    created_at: at(-70),
    updated_at: at(-0.1),
  },
  {
    reservation_id: 10,
    system_name: 'casper',
    reservation_name: 'R10',
    description: null,
    start_time: at(400),
    end_time: at(401),
    node_count: 6,
    partition: null,
    created_at: at(-60),
    updated_at: at(-0.1),
  },
];

export const reservationHistory: z.infer<typeof reservationHistorySchema> = {
  system: 'derecho',
  name: 'R7',
  last_reported: at(-0.1),
  changes: [
    {
      at: at(-90),
      silent_since: null,
      start_time: at(-4),
      end_time: at(6),
      node_count: 40,
      partition: null,
      description: 'A',
    },
    {
      at: at(-60),
      silent_since: null,
      start_time: at(-3),
      end_time: at(5),
      node_count: 38,
      partition: 'main',
      description: null,
    },
    {
      at: at(-30),
      silent_since: at(-42),
      start_time: at(-3),
      end_time: at(5),
      node_count: 38,
      partition: null,
      description: 'B',
    },
    {
      at: at(-10),
      silent_since: null,
      start_time: at(-3),
      end_time: at(9),
      node_count: null,
      partition: 'main',
      description: 'B\nC',
    },
  ],
};

/** A collector whose streams have delays and ages at the limits of units. */
export const limits = {
  host: 'limits',
  version: '0.2.0',
  waiting: 0,
  last_request: at(0),
  last_delivery: at(-0.05),
  streams: [29, 30, 59, 60, 3599, 3600, 3660, 35_999, 36_060, 86_399, 86_400, 93_600, 863_999, 867_600].map(
    (seconds) => ({
      ...{ kind: 'status', name: `s${seconds}`, last_delivery: at(-seconds / 3600), timestamp: null, delay: seconds },
      ...{ failed_probes: [], refused: { at: at(seconds / 3600), status: 400, reason: null } },
    }),
  ),
};

/** The collectors of three hosts. */
export const collectors = [
  {
    host: 'derecho1',
    version: '0.2.0',
    waiting: 12,
    last_request: at(-0.05),
    last_delivery: at(-0.05),
    streams: [
      {
        ...{ kind: 'status', name: 'derecho', last_delivery: at(-0.05), timestamp: at(-0.1), delay: 185 },
        ...{ failed_probes: ['queues', 'filesystems'], refused: null },
      },
      {
        ...{ kind: 'status', name: 'casper', last_delivery: at(-3), timestamp: at(-3), delay: 7 },
        ...{ failed_probes: [], refused: { at: at(-2), status: 422, reason: 'running_jobs is negative' } },
      },
      {
        ...{ kind: 'jobs', name: 'derecho', last_delivery: at(-30), timestamp: null, delay: null },
        ...{ failed_probes: [], refused: { at: at(-48), status: 403, reason: null } },
      },
      {
        ...{ kind: 'outage', name: null, last_delivery: null, timestamp: null, delay: null },
        ...{ failed_probes: [], refused: null },
      },
    ],
  },
  { host: 'late2', version: '0.3.1', waiting: 0, last_request: at(-7), last_delivery: at(-0.25), streams: [] },
  { host: 'mute3', version: '0.3.2', waiting: null, last_request: at(-7), last_delivery: null, streams: [] },
  { host: 'one4', version: '0.3.3', waiting: 1, last_request: at(-7), last_delivery: at(-1 / 6), streams: [] },
];
