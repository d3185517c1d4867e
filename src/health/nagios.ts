import { counted } from '../lib/text.ts';
import type { Condition } from './condition.ts';
import {
  type AgeLimits,
  diskLimits,
  exportLimits,
  failedInARow,
  type HealthFinding,
  oldestWaiting,
  type Status,
  total,
} from './findings.ts';

/** Returns the line of a Nagios plugin: `HPC-COLLECTOR OK: …`. Replaces `|`, which would end it. */
export function statusLine(status: Status, text: string): string {
  return `HPC-COLLECTOR ${status.toUpperCase()}: ${text.replaceAll('|', '/')}`;
}

/** Summarises the findings in one line, without performance data. */
export function summaryLine(condition: Condition, findings: readonly HealthFinding[], status: Status): string {
  const texts = findings.filter(({ isSilenced }) => !isSilenced).map(({ text }) => text);
  const hasProblem = findings.some((one) => one.status !== 'ok');
  const { length } = condition.systems;
  const well = length === 0 ? 'nothing is overdue' : `${counted(length, 'system')} collected, nothing is overdue`;
  return statusLine(status, (hasProblem ? texts : [well, ...texts]).join('; '));
}

/** Returns performance data as the Nagios plugin guidelines define it: `'label'=value[unit];warn;crit;min;max`. */
export function performanceData(condition: Condition, limits: AgeLimits, maxBytes: number): string {
  const { at, systems, streams, exportedUntil } = condition;
  const range = `${limits.warning / 1000};${limits.critical / 1000};0`;
  const oldest = oldestWaiting(streams);
  return [
    ...systems.flatMap(({ name, storedAt, deliveredAt, failedProbes }) => [
      ...(storedAt === null ? [] : [`${label(`${name}_stored_age`)}=${seconds(storedAt, at)}s;${range}`]),
      ...(deliveredAt === null ? [] : [`${label(`${name}_delivered_age`)}=${seconds(deliveredAt, at)}s;${range}`]),
      `${label(`${name}_failed_in_a_row`)}=${Math.max(0, ...failedProbes.values())};${failedInARow - 1};;0`,
    ]),
    ...[...exportedUntil].map(
      ([cluster, until]) =>
        `${label(`${cluster}_exported_age`)}=${seconds(until, at)}s;${exportLimits.warning / 1000};${exportLimits.critical / 1000};0`,
    ),
    `waiting=${total(streams, 'pending')};;;0`,
    `waiting_age=${oldest === null ? 0 : seconds(oldest, at)}s;${range}`,
    `rejected=${total(streams, 'rejected')};0;;0`,
    `held=${total(streams, 'held')};0;;0`,
    `lost_24h=${condition.givenUp};;0;0`,
    `spooled=${condition.spooled};0;;0`,
    `outbox_used=${condition.usedBytes}B;;;0;${maxBytes}`,
    // Less is worse here: a colon after the number means to alert below it.
    `disk_free=${condition.diskFreeBytes}B;${diskLimits.warning}:;${diskLimits.critical}:;0`,
  ].join(' ');
}

/**
 * Quotes a label that has other characters than letters, digits and underscores; quotes and equals signs are not
 * permitted in it.
 */
function label(text: string): string {
  return /^\w+$/.test(text) ? text : `'${text.replaceAll(/['=|\s]/g, '_')}'`;
}

function seconds(time: Date, now: Date): number {
  return Math.max(0, Math.round((now.getTime() - time.getTime()) / 1000));
}
