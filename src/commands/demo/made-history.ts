import { z } from 'zod';

/** A request to the receiver: a path, a body, and further headers. */
export type DemoRequest = {
  readonly path: string;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const stepMs = 10 * minuteMs;
/** A little more than a day, so that charts of 24 hours begin with data. */
const steps = 146;
/** The steps without snapshots, and those in which a probe failed. */
const gap = { from: 100, until: 106 };
const failure = { from: 60, until: 64 };

const counters = z.looseObject({
  running_jobs: z.number(),
  pending_jobs: z.number(),
  cores_allocated: z.number(),
  gpus_allocated: z.number(),
  nodes_allocated: z.number(),
});

/** The members of a snapshot that change over a day. */
const snapshotSchema = z.looseObject({
  running_jobs: z.number(),
  pending_jobs: z.number(),
  cpu_cores_total: z.number(),
  cpu_cores_allocated: z.number(),
  cpu_cores_idle: z.number(),
  gpu_count_total: z.number(),
  gpu_count_allocated: z.number(),
  gpu_count_idle: z.number(),
  queues: z.array(counters),
  user_project_queues: z.array(counters),
  reservations: z.array(z.looseObject({ start_time: z.string(), end_time: z.string() })).default([]),
});
export type DemoSnapshot = z.output<typeof snapshotSchema>;

/** Parses the answer of the receiver to a request for the newest snapshot. */
export function parseSnapshot(body: string): DemoSnapshot {
  return snapshotSchema.parse(JSON.parse(body));
}

/** Returns a recorded snapshot with its reservations moved in time, so that the first begins at a time in ms. */
export function withReservationsFrom<Recorded extends Pick<DemoSnapshot, 'reservations'>>(
  recorded: Recorded,
  begin: number,
): Recorded {
  const msOf = (time: string) => Date.parse(`${time}Z`);
  const first = Math.min(...recorded.reservations.map(({ start_time }) => msOf(start_time)));
  const moved = (time: string) => naive(msOf(time) - first + begin);
  const reservations = recorded.reservations.map((one) => ({
    ...one,
    start_time: moved(one.start_time),
    end_time: moved(one.end_time),
  }));
  return { ...recorded, reservations };
}

/** How much use rises and falls over a day, as a share, and a time in ms at which it is as recorded. */
export type DemoCurve = { readonly share: number; readonly zero: number };

/**
 * Returns the snapshots of a day that ends now, made from a recorded one: use rises and falls over the day, with a gap
 * and a failed probe.
 */
export function madeDay(system: string, recorded: DemoSnapshot, curve: DemoCurve, now: number): DemoRequest[] {
  return Array.from({ length: steps }, (_, index) => index)
    .filter((index) => index < gap.from || index >= gap.until)
    .map((index) => ({
      ...snapshotRequest(system, recorded, now - (steps - 1 - index) * stepMs, curve),
      ...(index >= failure.from && index < failure.until && { headers: { 'X-Collection-Failed': 'filesystems' } }),
    }));
}

/** Returns a snapshot of a system for a time, made from a recorded one. */
export function snapshotRequest(
  system: string,
  recorded: DemoSnapshot,
  at: number,
  { share, zero }: DemoCurve,
): DemoRequest {
  const curve = 1 + share * Math.sin(((at - zero) / hourMs / 24) * 2 * Math.PI);
  const cores = part(recorded.cpu_cores_allocated, recorded.cpu_cores_allocated + recorded.cpu_cores_idle, curve);
  const gpus = part(recorded.gpu_count_allocated, recorded.gpu_count_allocated + recorded.gpu_count_idle, curve);
  const scaled = <Row extends z.output<typeof counters>>(row: Row): Row => ({
    ...row,
    running_jobs: Math.round(row.running_jobs * curve),
    cores_allocated: Math.round(row.cores_allocated * curve),
    pending_jobs: Math.round(row.pending_jobs / curve),
  });
  return {
    path: `/api/v1/status/${system}`,
    body: {
      ...recorded,
      timestamp: naive(at),
      cpu_cores_allocated: cores,
      cpu_cores_idle: recorded.cpu_cores_allocated + recorded.cpu_cores_idle - cores,
      cpu_utilization_percent: percentOf(cores, recorded.cpu_cores_total),
      gpu_count_allocated: gpus,
      gpu_count_idle: recorded.gpu_count_allocated + recorded.gpu_count_idle - gpus,
      gpu_utilization_percent: percentOf(gpus, recorded.gpu_count_total),
      running_jobs: Math.round(recorded.running_jobs * curve),
      pending_jobs: Math.round(recorded.pending_jobs / curve),
      queues: recorded.queues.map(scaled),
      user_project_queues: recorded.user_project_queues.map(scaled),
    },
  };
}

/** Returns the snapshots of a made-up hub over a day that ends now. */
export function madeHubDay(hub: string, now: number): DemoRequest[] {
  return Array.from({ length: steps }, (_, index) => hubRequest(hub, now - (steps - 1 - index) * stepMs));
}

/** Returns a snapshot of a made-up hub for a time: most users come by day. */
export function hubRequest(hub: string, at: number): DemoRequest {
  const curve = 1 + 0.6 * Math.sin((at / hourMs / 24 - 0.35) * 2 * Math.PI);
  const [logins = 0, casperJobs = 0, derechoJobs = 0] = [210, 46, 12].map((count) => Math.round(count * curve));
  const busy = Math.round(11 * curve);
  return {
    path: `/api/v1/status/${hub}`,
    body: {
      timestamp: naive(at),
      available: true,
      active_users: Math.round(190 * curve),
      active_sessions: logins + casperJobs + derechoJobs,
      casper_login_jobs: logins,
      casper_batch_jobs: casperJobs,
      derecho_batch_jobs: derechoJobs,
      nodes_total: 20,
      nodes_busy: busy,
      nodes_free: 19 - busy,
      nodes_down: 1,
      cpus_total: 720,
      cpus_used: busy * 36,
      cpu_utilization_percent: percentOf(busy * 36, 720),
      memory_total_gb: 7200,
      memory_used_gb: busy * 290,
      memory_utilization_percent: percentOf(busy * 290, 7200),
    },
  };
}

/** Returns an open outage, a past one and planned maintenance. */
export function madeOutages(now: number): DemoRequest[] {
  const report = (body: Readonly<Record<string, unknown>>): DemoRequest => ({ path: '/api/v1/status/outage', body });
  return [
    report({
      system_name: 'casper',
      title: 'Two V100 nodes are out of service',
      severity: 'minor',
      component: 'gpu-v100 nodes',
      status: 'identified',
      description: 'The vendor replaces a power supply.',
      start_time: naive(now - 5 * hourMs),
      estimated_resolution: naive(now + 20 * hourMs),
    }),
    report({
      system_name: 'derecho',
      title: 'Scratch did not answer',
      severity: 'major',
      component: 'scratch filesystem',
      status: 'resolved',
      start_time: naive(now - 14 * hourMs),
      end_time: naive(now - 12 * hourMs),
    }),
    report({
      system_name: 'derecho',
      title: 'Quarterly maintenance',
      severity: 'maintenance',
      start_time: naive(now + 70 * hourMs),
      estimated_resolution: naive(now + 80 * hourMs),
    }),
  ];
}

function part(used: number, most: number, curve: number): number {
  return Math.min(most, Math.round(used * curve));
}

function percentOf(used: number, all: number): number | null {
  return all > 0 ? Math.round((10_000 * used) / all) / 100 : null;
}

/** Returns a time as the API wants it: UTC without a zone. */
function naive(ms: number): string {
  return new Date(ms).toISOString().slice(0, -1);
}
