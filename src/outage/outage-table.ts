import type { Database } from 'bun:sqlite';
import { OperatorError } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import type { Outage } from './outage.ts';
import { type KnownOutage, knownOutageOf, type OutageRow } from './row.ts';

/** How long a resolved outage is kept, in milliseconds. */
const rememberedFor = 90 * 86_400_000;

/** Stores what an entry reports of an outage, unless a newer report is known. */
export function remember(database: Database, outage: Outage, entry: string): void {
  const { outage_rule: rule, component = null } = outage;
  // If another outbox detected the same outage, a person must resolve that one.
  const isTaken =
    rule !== undefined &&
    outage.status !== 'resolved' &&
    openOf(database, outage.system_name).some(
      (other) =>
        other.outage_key !== outage.outage_key &&
        other.outage_rule?.name === rule.name &&
        (other.component ?? null) === component,
    );
  database
    .query(
      `INSERT INTO outages (key, system, title, severity, status, component, description, started_at, ended_at,
         estimated_at, reported_at, rule, affected)
       VALUES ($key, $system, $title, $severity, $status, $component, $description, $start, $end, $estimated, $reported,
         $rule, $affected)
       ON CONFLICT (key) DO UPDATE SET system = excluded.system, title = excluded.title, severity = excluded.severity,
         status = excluded.status, component = excluded.component, description = excluded.description,
         started_at = excluded.started_at, ended_at = excluded.ended_at, estimated_at = excluded.estimated_at,
         reported_at = excluded.reported_at, rule = excluded.rule, affected = excluded.affected
       WHERE excluded.reported_at >= reported_at`,
    )
    .run({
      key: outage.outage_key,
      system: outage.system_name,
      title: outage.title,
      severity: outage.severity,
      status: outage.status,
      component,
      description: outage.description ?? null,
      start: outage.start_time.getTime(),
      end: outage.end_time?.getTime() ?? null,
      estimated: outage.estimated_resolution?.getTime() ?? null,
      reported: outage.outage_reported_at.getTime(),
      rule: isTaken ? null : (rule?.name ?? null),
      affected: JSON.stringify(rule?.affected ?? []),
    });
  database.query('INSERT INTO outage_entries (entry, outage) VALUES (?, ?)').run(entry, outage.outage_key);
}

/** Stores the affected things of an outage without reporting them. */
export function rememberAffected(database: Database, { outage_key, outage_rule }: Outage): void {
  database
    .query('UPDATE outages SET affected = ? WHERE key = ?')
    .run(JSON.stringify(outage_rule?.affected ?? []), outage_key);
}

/** Deletes outages that were resolved and delivered long ago. */
export function forgetOld(database: Database, now: Date): void {
  database
    .query(
      `DELETE FROM outages WHERE status = 'resolved' AND reported_at < ? AND NOT EXISTS
         (SELECT 1 FROM outage_entries JOIN entries ON entries.id = entry WHERE outage = key)`,
    )
    .run(now.getTime() - rememberedFor);
}

/** Lists the known outages, the earliest start first; resolved ones only if `isAll`. */
export function listOutages(database: Database, isAll: boolean): KnownOutage[] {
  const where = isAll ? '1' : `status <> 'resolved'`;
  return outages(database, where, {});
}

/** Lists the open outages of a system. */
export function openOf(database: Database, system: string): KnownOutage[] {
  return outages(database, `status <> 'resolved' AND system = $system`, { system });
}

/**
 * Returns the sequence number of the last entry that resolved an outage of a rule and component; 0 if there is none.
 * Not its time, because a clock can be set back.
 */
export function lastResolved(database: Database, system: string, rule: string, component: string): number {
  const query = `SELECT max(sequence) AS sequence FROM outages JOIN outage_entries ON outage = key
    JOIN entries ON entries.id = entry WHERE status = 'resolved' AND system = ? AND rule = ? AND component = ?`;
  const row = database.query<{ sequence: number | null }, [string, string, string]>(query).get(system, rule, component);
  return row?.sequence ?? 0;
}

/** Lists the planned outages (severity maintenance) of a system that have begun, resolved or not. */
export function maintenanceOf(database: Database, system: string, now: Date): KnownOutage[] {
  return outages(database, `severity = 'maintenance' AND system = $system AND started_at <= $now`, {
    system,
    now: now.getTime(),
  });
}

/** Lists the current planned outages (severity maintenance) of all systems. */
export function plannedNow(database: Database, now: Date): KnownOutage[] {
  const begun = `severity = 'maintenance' AND status <> 'resolved' AND started_at <= $now`;
  return outages(database, begun, { now: now.getTime() }).filter(
    ({ estimated_resolution: until }) => until === undefined || until > now,
  );
}

/** Finds the one outage whose key begins with `prefix`. Throws OperatorError if there is none or more than one. */
export function findOutage(database: Database, prefix: string): KnownOutage {
  const shown = printable(prefix, 40);
  const [outage, other] = outages(database, 'substr(key, 1, length($prefix)) = $prefix', {
    prefix: prefix.toLowerCase(),
  });
  if (prefix === '' || !outage)
    throw new OperatorError(`there is no outage ${shown}: see hpc-collector outage ls --all`);
  if (other) {
    const keys = `${outage.outage_key}, ${other.outage_key}, …`;
    throw new OperatorError(`${shown} begins the key of more than one outage (${keys}): give more of it`);
  }
  return outage;
}

function outages(database: Database, where: string, parameters: Record<string, string | number>): KnownOutage[] {
  return database
    .query<OutageRow, Record<string, string | number>>(`SELECT * FROM outages WHERE ${where} ORDER BY started_at, key`)
    .all(parameters)
    .map(knownOutageOf);
}
