import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Outbox } from '../outbox/outbox.ts';
import {
  answersTo,
  deleteOutagesBefore,
  type OutageFilter,
  putOutage,
  selectOutages,
  setAffected,
} from '../outbox/tables/outages.ts';
import type { Outage } from './outage.ts';
import { type KnownOutage, knownOutageOf } from './row.ts';

/** How long a resolved outage is kept, in milliseconds. */
const keptFor = 90 * 86_400_000;

/** Stores what an entry reports of an outage, unless a newer report is known. */
export function remember(outbox: Outbox, outage: Outage, entry: string): void {
  const { outage_rule: rule, component = null } = outage;
  // If another outbox detected the same outage, a person must resolve that one.
  const isTaken =
    rule !== undefined &&
    outage.status !== 'resolved' &&
    openOf(outbox, outage.system_name).some(
      (other) =>
        other.outage_key !== outage.outage_key &&
        other.outage_rule?.name === rule.name &&
        (other.component ?? null) === component,
    );
  const row = {
    key: outage.outage_key,
    system: outage.system_name,
    title: outage.title,
    severity: outage.severity,
    status: outage.status,
    component,
    description: outage.description ?? null,
    started_at: outage.start_time.getTime(),
    ended_at: outage.end_time?.getTime() ?? null,
    estimated_at: outage.estimated_resolution?.getTime() ?? null,
    reported_at: outage.outage_reported_at.getTime(),
    rule: isTaken ? null : (rule?.name ?? null),
    affected: JSON.stringify(rule?.affected ?? []),
  };
  putOutage(outbox, row, entry);
}

/** Stores the affected things of an outage without reporting them. */
export function rememberAffected(outbox: Outbox, { outage_key, outage_rule }: Outage): void {
  setAffected(outbox, outage_key, JSON.stringify(outage_rule?.affected ?? []));
}

/** Deletes outages that were resolved and delivered long ago. */
export function forgetOldOutages(outbox: Outbox, now: Date): void {
  deleteOutagesBefore(outbox, now.getTime() - keptFor);
}

/** Lists the known outages, the earliest start first; resolved ones only if `isAll`. */
export function listOutages(outbox: Outbox, isAll: boolean): KnownOutage[] {
  return outages(outbox, isAll ? {} : { isOpen: true });
}

/** Lists the open outages of a system. */
export function openOf(outbox: Outbox, system: string): KnownOutage[] {
  return outages(outbox, { isOpen: true, system });
}

/** Lists the planned outages (severity maintenance) of a system that have begun, resolved or not. */
export function maintenanceOf(outbox: Outbox, system: string, now: Date): KnownOutage[] {
  return outages(outbox, { severity: 'maintenance', system, startedBy: now.getTime() });
}

/** Lists the current planned outages (severity maintenance) of all systems. */
export function plannedNow(outbox: Outbox, now: Date): KnownOutage[] {
  return outages(outbox, { severity: 'maintenance', isOpen: true, startedBy: now.getTime() }).filter(
    ({ estimated_resolution: until }) => until === undefined || until > now,
  );
}

/** Finds the one outage whose key begins with `prefix`. Throws OperatorError if there is none or more than one. */
export function findOutage(outbox: Outbox, prefix: string): KnownOutage {
  const shown = printable(prefix, 40);
  const [outage, other] = outages(outbox, { keyPrefix: prefix.toLowerCase() });
  if (prefix === '' || !outage)
    throw new OperatorError(`there is no outage ${shown}: see hpc-collector outage ls --all`);
  if (other) {
    const keys = `${outage.outage_key}, ${other.outage_key}, …`;
    throw new OperatorError(`${shown} begins the key of more than one outage (${keys}): give more characters of it`);
  }
  return outage;
}

/** True if the beginning of a key names one outage. */
export function isOutageKey(outbox: Outbox, beginning: string): boolean {
  return outages(outbox, { keyPrefix: beginning }).length === 1;
}

function outages(outbox: Outbox, filter: OutageFilter): KnownOutage[] {
  return selectOutages(outbox, filter).map((row) => knownOutageOf(row, answersTo(outbox, row.key)));
}
