import { samStream } from '../delivery/sam-entries.ts';
import { shortDuration } from '../lib/duration.ts';
import { counted, printable } from '../lib/text.ts';
import { readableUtc } from '../lib/time.ts';
import type { Condition, SystemCondition } from './condition.ts';

/** In the order of Nagios exit codes. */
export const statuses = ['ok', 'warning', 'critical', 'unknown'] as const;
export type Status = (typeof statuses)[number];

/** The topics of findings. People are notified once for each topic, for any number of systems. */
export type Topic =
  | 'collection'
  | 'history'
  | 'delivery'
  | 'probes'
  | 'rejected'
  | 'held'
  | 'lost'
  | 'damage'
  | 'spool'
  | 'lock'
  | 'disk'
  | 'filesystem'
  | 'maintenance';

/** One judgement that is worth reporting. */
export type HealthFinding = {
  readonly topic: Topic;
  readonly system: string | null;
  readonly status: 'ok' | 'warning' | 'critical';
  /** One line for people. */
  readonly text: string;
  /**
   * True if people are notified. False for the early stage of a problem that has a later one, and for states that a person
   * set on purpose.
   */
  readonly alerts: boolean;
  /** True if it would be a problem without the maintenance of its system. */
  readonly isSilenced: boolean;
};

/** In milliseconds. */
export type AgeLimits = { readonly warning: number; readonly critical: number };

/** Number of failed snapshots in a row, and bytes of free space, from which there is a problem. */
export const failedInARow = 3;
export const diskLimits: AgeLimits = { warning: 256 * 1024 ** 2, critical: 32 * 1024 ** 2 };

/** Number of different delivery errors to report. */
const shownErrors = 2;

/** Age of the last export of finished jobs, which runs once a day. In milliseconds. */
export const exportLimits: AgeLimits = { warning: 2 * 86_400_000, critical: 7 * 86_400_000 };
/** A cluster without an export for this long is retired, or was only a test. */
const retiredAfter = 30 * 86_400_000;

/** Judges the condition; the worst finding comes first. */
export function findingsOf(condition: Condition, limits: AgeLimits): HealthFinding[] {
  const findings = [
    ...condition.systems.flatMap((system) => systemFindings(system, condition.at, limits)),
    ...exportFindings(condition),
    ...outboxFindings(condition, limits),
    ...diskFindings(condition),
  ];
  return findings.sort((a, b) => statuses.indexOf(b.status) - statuses.indexOf(a.status));
}

/** Returns the worst status of all findings. */
export function statusOf(findings: readonly HealthFinding[]): HealthFinding['status'] {
  return findings.reduce<HealthFinding['status']>(
    (worst, { status }) => (statuses.indexOf(status) > statuses.indexOf(worst) ? status : worst),
    'ok',
  );
}

function finding(
  topic: Topic,
  status: HealthFinding['status'],
  text: string,
  rest: Partial<HealthFinding> = {},
): HealthFinding {
  return { topic, system: null, status, text, alerts: true, isSilenced: false, ...rest };
}

function systemFindings(system: SystemCondition, now: Date, limits: AgeLimits): HealthFinding[] {
  const { name, storedAt, maintenance } = system;
  const deliveries =
    system.deliveries === undefined
      ? [['last delivered', system.deliveredAt] as const]
      : [...system.deliveries].map(([to, at]) => [`last delivered to ${to}`, at] as const);
  const found: HealthFinding[] = [];
  const add = (topic: Topic, status: HealthFinding['status'], text: string, alerts: boolean) =>
    found.push(finding(topic, status, `${printable(name, 60)}: ${text}`, { system: name, alerts }));

  const stored = judge(storedAt, now, limits);
  if (stored !== 'ok') {
    const text = storedAt === null ? 'no snapshot was stored' : `last stored ${age(storedAt, now)} ago`;
    add('collection', stored, text, stored === 'critical');
  }
  // A snapshot that was not collected cannot be delivered: report one problem, not two.
  for (const [words, at] of deliveries) {
    const delivered = judge(at, now, limits);
    const isBehind = storedAt !== null && (at === null || at < storedAt);
    // For a new system with pending first snapshots, the pending entries are reported instead.
    if (delivered !== 'ok' && isBehind && at !== null)
      add('delivery', delivered, `${words} ${age(at, now)} ago`, delivered === 'critical');
  }

  const failing = [...system.failedProbes].filter(([, times]) => times >= failedInARow);
  if (failing.length > 0) {
    const text = failing.map(([probe, times]) => `${printable(probe, 60)} (${times} times)`).join(', ');
    add('probes', 'warning', `failed in a row: ${text}`, true);
  }
  if (maintenance === null) return found;
  const reason = maintenance.reason === null ? '' : ` (${printable(maintenance.reason, 100)})`;
  const end = maintenance.until === null ? '' : ` until ${readableUtc(maintenance.until)} UTC`;
  const until = `${printable(name, 60)}: in maintenance${end}${reason}`;
  return [
    finding('maintenance', 'ok', until, { system: name, alerts: false }),
    ...found.map((one): HealthFinding => ({ ...one, status: 'ok', isSilenced: true })),
  ];
}

function exportFindings({ exportedUntil, at }: Condition): HealthFinding[] {
  return [...exportedUntil].flatMap(([cluster, until]) => {
    if (at.getTime() - until.getTime() > retiredAfter) return [];
    const status = judge(until, at, exportLimits);
    const text = `the jobs of ${printable(cluster, 60)} were last exported ${age(until, at)} ago: hpc-collector jobs export`;
    return status === 'ok' ? [] : [finding('history', status, text)];
  });
}

function outboxFindings(condition: Condition, limits: AgeLimits): HealthFinding[] {
  const { at, streams, deliveryErrors } = condition;
  const found: HealthFinding[] = [];
  const silent = new Set(
    condition.systems
      .filter(({ maintenance }) => maintenance !== null)
      .flatMap(({ name, deliveries }) => [...(deliveries?.keys() ?? [undefined])].map((to) => samStream(name, to))),
  );
  const reported = streams.filter(({ stream }) => !silent.has(stream));
  const waiting = oldestWaiting(reported);
  const status = waiting === null ? 'ok' : judge(waiting, at, limits);
  if (waiting !== null && status !== 'ok') {
    const errors = [...deliveryErrors].flatMap(([stream, error]) =>
      silent.has(stream) ? [] : [printable(error, 120)],
    );
    const why = errors.length === 0 ? '' : `: ${[...new Set(errors)].slice(0, shownErrors).join(', ')}`;
    const text = `${counted(total(reported, 'pending'), 'entry is pending', 'entries are pending')}, the oldest for ${age(waiting, at)}${why}`;
    found.push(finding('delivery', status, text, { alerts: status === 'critical' }));
  }
  const rejected = total(streams, 'rejected');
  if (rejected > 0) found.push(finding('rejected', 'warning', `${counted(rejected, 'entry', 'entries')} rejected`));
  const held = total(streams, 'held');
  if (held > 0) found.push(finding('held', 'warning', `${counted(held, 'entry', 'entries')} held`, { alerts: false }));
  if (condition.givenUp > 0) {
    const text = `${counted(condition.givenUp, 'entry', 'entries')} lost in the last day: the outbox is full`;
    found.push(finding('lost', 'critical', text));
  }
  if (condition.damages > 0) {
    const text = 'the outbox was damaged, see: hpc-collector outbox recover';
    found.push(finding('damage', 'critical', text));
  }
  if (condition.spooled > 0) {
    const text = `${counted(condition.spooled, 'snapshot is', 'snapshots are')} in the fallback directory`;
    found.push(finding('spool', 'warning', text));
  }
  if (condition.spoolProblem !== null)
    found.push(finding('spool', 'warning', `fallback directory: ${printable(condition.spoolProblem, 200)}`));
  if (condition.lockProblem !== null) found.push(finding('lock', 'warning', printable(condition.lockProblem, 400)));
  return found;
}

function diskFindings({ networkFilesystem, diskFreeBytes }: Condition): HealthFinding[] {
  const found: HealthFinding[] = [];
  if (diskFreeBytes < diskLimits.warning) {
    const status = diskFreeBytes < diskLimits.critical ? 'critical' : 'warning';
    const text = `only ${Math.floor(diskFreeBytes / 1024 ** 2)} MiB are left on the disk of the outbox`;
    found.push(finding('disk', status, text));
  }
  if (networkFilesystem !== null) {
    const text = `the outbox is on ${networkFilesystem}: use a local filesystem`;
    found.push(finding('filesystem', 'warning', text, { alerts: false }));
  }
  return found;
}

/** Returns the collection time of the oldest pending entry; null if there is none. */
export function oldestWaiting(streams: Condition['streams']): Date | null {
  const times = streams.flatMap(({ oldestPending }) => (oldestPending === null ? [] : [oldestPending.getTime()]));
  return times.length === 0 ? null : new Date(Math.min(...times));
}

/** Counts the entries of all streams in a state. */
export function total(streams: Condition['streams'], state: 'pending' | 'held' | 'rejected'): number {
  return streams.reduce((sum, stream) => sum + stream[state], 0);
}

function judge(time: Date | null, now: Date, { warning, critical }: AgeLimits): HealthFinding['status'] {
  if (time === null) return 'critical';
  const milliseconds = now.getTime() - time.getTime();
  return milliseconds >= critical ? 'critical' : milliseconds >= warning ? 'warning' : 'ok';
}

function age(time: Date, now: Date): string {
  return shortDuration(Math.max(0, now.getTime() - time.getTime()));
}
