/** The data that the API shows, made of rows without a database. */

import { incidentOfOutage } from '../../../src/server/iri/known-incidents.ts';
import { knownResource } from '../../../src/server/iri/known-resources.ts';
import type { ShownData } from '../../../src/server/iri/shown-data.ts';
import type { HistoricOutage } from '../../../src/server/store/outages.ts';
import type { ResourceRow } from '../../../src/server/store/resources.ts';
import { settings } from './helper.ts';

export const now = '2026-03-01T12:00:00';
/** A time of that day. */
export const at = (time: string) => `2026-03-01T${time}:00`;

/** A resource of derecho whose system has just sent a snapshot. */
export const resourceRow = (resource: string, rest: Partial<ResourceRow> = {}): ResourceRow => ({
  resource,
  system: 'derecho',
  kind: 'system',
  name: 'derecho',
  first_seen: at('01:00'),
  at: at('09:00'),
  status: 'up',
  newest: now,
  ...rest,
});

/** The resources of two systems: one of each kind. */
export const resourceRows: readonly ResourceRow[] = [
  resourceRow('derecho'),
  resourceRow('derecho.fs.home', { kind: 'filesystem', name: 'home', first_seen: at('03:00') }),
  resourceRow('derecho.login', { kind: 'login', name: 'login nodes' }),
  resourceRow('derecho.queue.main', { kind: 'queue', name: 'main', status: 'degraded', at: at('09:30') }),
  resourceRow('hub', { system: 'hub', kind: 'hub', name: 'hub', first_seen: at('02:00') }),
];

export const outageRow = (id: number, rest: Partial<HistoricOutage> = {}): HistoricOutage => ({
  outage_id: id,
  system_name: 'Derecho',
  title: `Outage ${id}`,
  severity: 'major',
  status: 'investigating',
  component: null,
  description: null,
  start_time: at('10:00'),
  end_time: null,
  estimated_resolution: null,
  created_at: at('10:05'),
  updated_at: null,
  first_end_time: null,
  ...rest,
});

export const resourcesOf = (rows: readonly ResourceRow[] = resourceRows) =>
  new Map(rows.map((row) => [row.resource, knownResource(row, now)]));

/** @param outages the newest start first */
export function shownData(
  rows: readonly ResourceRow[] = resourceRows,
  outageRows: readonly HistoricOutage[] = [],
): ShownData {
  const resources = resourcesOf(rows);
  const outages = outageRows.map((row) => incidentOfOutage(row, resources, now));
  const effects = Map.groupBy(
    outages.flatMap((one) => one.effects),
    ({ resource }) => resource,
  );
  return { now, settings, resources, outages, effects };
}
