import type { Condition, SystemCondition } from '../../src/health/condition.ts';
import type { StreamStatistics } from '../../src/outbox/statistics.ts';

export const now = new Date('2026-05-01T12:00Z');
export const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000);
export const limits = { warning: 600_000, critical: 900_000 };

export function system(rest: Partial<SystemCondition> = {}): SystemCondition {
  return {
    name: 'derecho',
    storedAt: ago(1),
    deliveredAt: ago(1),
    failedProbes: new Map(),
    maintenance: null,
    ...rest,
  };
}

export function stream(rest: Partial<StreamStatistics> = {}): StreamStatistics {
  return {
    stream: 'sam/derecho',
    pending: 0,
    held: 0,
    rejected: 0,
    oldest: null,
    newest: null,
    oldestPending: null,
    deliveredLastDay: 0,
    attempts: 0,
    bytes: 0,
    ...rest,
  };
}

export function condition(rest: Partial<Condition> = {}): Condition {
  return {
    at: now,
    systems: [system()],
    streams: [],
    deliveryErrors: new Map(),
    hasJobs: false,
    exportedUntil: new Map(),
    damages: 0,
    givenUp: 0,
    spooled: 0,
    spoolProblem: null,
    lockProblem: null,
    networkFilesystem: null,
    diskFreeBytes: 1e10,
    usedBytes: 1e5,
    ...rest,
  };
}

/** Two systems and two streams; every number is another one. */
export const busy: Condition = condition({
  systems: [
    system({
      storedAt: ago(2),
      deliveredAt: ago(3),
      failedProbes: new Map([
        ['jobs', 1],
        ['nodes', 4],
      ]),
      maintenance: { system: 'derecho', until: ago(-60), reason: 'cooling' },
    }),
    system({ name: 'casper', storedAt: ago(5), deliveredAt: null }),
  ],
  streams: [
    stream({ pending: 6, held: 7, rejected: 8, oldest: ago(90), oldestPending: ago(40) }),
    stream({ stream: 'sam/casper', pending: 10, held: 20, rejected: 30, oldest: ago(99), oldestPending: ago(50) }),
  ],
  exportedUntil: new Map([
    ['derecho', ago(60)],
    ['casper', ago(120)],
  ]),
  damages: 1,
  givenUp: 11,
  spooled: 12,
  networkFilesystem: 'NFS',
  diskFreeBytes: 13,
  usedBytes: 14,
});
