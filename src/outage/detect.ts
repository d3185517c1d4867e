import type { System } from '../config/system.ts';
import { readBackStream } from '../delivery/sam-entries.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { lastResolution } from '../outbox/tables/outages.ts';
import { isAffected } from './hysteresis.ts';
import { begun, type Dated, ended, firstBad, newReport } from './lifecycle.ts';
import { isInMaintenance, maintenanceEnd } from './maintenance.ts';
import { type ObservedSnapshot, observations } from './observation.ts';
import type { Outage } from './outage.ts';
import { maintenanceOf, openOf, rememberAffected } from './outage-table.ts';
import { storeOutage } from './report.ts';
import type { KnownOutage } from './row.ts';
import { type Rule, rules, worse } from './rules.ts';
import { syncOutages } from './sync-from-outbox.ts';

/** The result of a detection: an outage begins, differs from its last report, or ends. */
export type Detected = { readonly kind: 'begins' | 'changes' | 'ends'; readonly outage: Outage };

/** The same; or other things are affected than before, which is stored but not reported. */
type Found = Detected | { readonly kind: 'unreported'; readonly outage: Outage };

/**
 * Longest interval between snapshots that count, in milliseconds: four times the usual interval. Older snapshots do not show
 * the current state.
 */
const longestDistance = 20 * 60_000;

/**
 * Detects outages from the last snapshots of a system, and stores the reports in one transaction. If
 * the process dies, all reports are stored or none; a concurrent detection does not report them again.
 */
export function detectOutages(outbox: Outbox, system: System, now: Date): Detected[] {
  syncOutages(outbox);
  return outbox.atomically(() => {
    const found = find(outbox, system, now);
    for (const { kind, outage } of found) {
      if (kind === 'unreported') rememberAffected(outbox, outage);
      else storeOutage(outbox, outage, system.deliver_to);
    }
    return found.filter(isSaid);
  });
}

/** The same without storing anything. */
export function findOutages(outbox: Outbox, system: System, now: Date): Detected[] {
  return find(outbox, system, now).filter(isSaid);
}

function isSaid(found: Found): found is Detected {
  return found.kind !== 'unreported';
}

function find(outbox: Outbox, system: System, now: Date): Found[] {
  const settings = system.outage_rules;
  const since = new Date(now.getTime() - settings.snapshots * longestDistance);
  // Read more snapshots than needed, because some may not have measured what a rule looks at.
  const seen = observations(outbox, readBackStream(system), since, now, settings.snapshots * 2);
  const open = openOf(outbox, system.system_name);
  const maintenance = maintenanceSince(outbox, system.system_name, now);
  return rules
    .filter((rule) => rule.isOn(settings))
    .flatMap((rule) => {
      const own = open.filter((outage) => outage.outage_rule?.name === rule.name);
      return applied(rule, own, { outbox, system, seen, maintenance, now });
    });
}

/** `until` is the end of the last maintenance or planned outage; earlier snapshots do not count. */
type Maintenance = { readonly isNow: boolean; readonly until: Date | null };

type Detection = {
  readonly outbox: Outbox;
  readonly system: System;
  readonly seen: readonly ObservedSnapshot[];
  readonly maintenance: Maintenance;
  readonly now: Date;
};

function applied(rule: Rule, open: readonly KnownOutage[], detection: Detection): Found[] {
  const { outbox, system, seen, maintenance, now } = detection;
  const settings = system.outage_rules;
  const things = new Set([
    ...seen.flatMap((observation) => [...rule.read(observation, settings).keys()]),
    ...open.flatMap((outage) => outage.outage_rule?.affected ?? []),
  ]);
  const components = Map.groupBy(things, rule.componentOf);
  const states = [...components].map(([component, members]) => {
    const outage = open.find((other) => other.component === component);
    const last = lastResolution(outbox, system.system_name, rule.name, component);
    const fresh = seen.filter(
      ({ at, sequence }) => sequence > last && (maintenance.until === null || at > maintenance.until),
    );
    const readings = members.map((thing) => {
      const was = outage?.outage_rule?.affected.includes(thing) ?? false;
      // Snapshots from before the end of the last outage must not open another one, nor add a thing to an open one.
      return { thing, was, readings: readingsOf(rule, thing, was ? seen : fresh, settings) };
    });
    const affected = readings.filter(({ was, readings: all }) =>
      isAffected(
        all.map(({ reading }) => reading),
        was,
        settings,
      ),
    );
    return { component, outage, readings, affected };
  });
  const everywhere = states.flatMap(({ affected }) => affected.map(({ thing }) => thing));
  return states.flatMap(({ component, outage, readings, affected }): Found[] => {
    const names = affected.map(({ thing }) => thing).sort();
    if (names.length === 0) return outage ? [{ kind: 'ends', outage: ended(outage, readings, now) }] : [];
    if (!outage && maintenance.isNow) return [];
    const newest = seen.findLast((observation) =>
      names.some((name) => rule.read(observation, settings).get(name) === 'bad'),
    );
    if (!newest) return [];
    const found = rule.find(names, everywhere, newest);
    const detected = { name: rule.name, affected: names };
    if (!outage) {
      const start = Math.min(
        ...affected.map(({ readings: all }) => firstBad(all.slice(-settings.snapshots)) ?? now.getTime()),
      );
      return [
        { kind: 'begins', outage: begun({ ...found, component, start: new Date(start), now }, system, detected) },
      ];
    }
    const severity = worse(outage.severity, found.severity);
    const isOther = names.join('\n') !== outage.outage_rule?.affected.join('\n');
    if (severity === outage.severity && !isOther) return [];
    // In the SAM API each report is one more row that staff must close, so report only a higher severity.
    const isOneRow = system.deliver_to.every((name) =>
      outage.answers.some((answer) => answer.destination === name && answer.isOneRow),
    );
    if (severity === outage.severity && !isOneRow)
      return [{ kind: 'unreported', outage: { ...outage, outage_rule: detected } }];
    return [
      { kind: 'changes', outage: newReport({ ...outage, severity, title: found.title, outage_rule: detected }, now) },
    ];
  });
}

/** Returns the readings of a thing. A thing that is no longer configured has none. */
function readingsOf(
  rule: Rule,
  thing: string,
  seen: readonly ObservedSnapshot[],
  settings: System['outage_rules'],
): Dated[] {
  return seen.flatMap((observation) => {
    const reading = rule.read(observation, settings).get(thing);
    if (reading !== undefined) return [{ at: observation.at, reading }];
    return rule.mayBeThere(thing, observation) ? [] : [{ at: observation.at, reading: 'good' as const }];
  });
}

function maintenanceSince(outbox: Outbox, system: string, now: Date): Maintenance {
  const planned = maintenanceOf(outbox, system, now);
  const ends = planned.map(({ end_time, estimated_resolution }) => end_time ?? estimated_resolution ?? null);
  const plannedOver = ends.filter((end) => end !== null && end <= now);
  const isNow = plannedOver.length < planned.length || isInMaintenance(outbox, system, now);
  const over = [...plannedOver, maintenanceEnd(outbox, system, now)].flatMap((end) => end?.getTime() ?? []);
  return { isNow, until: over.length === 0 ? null : new Date(Math.max(...over)) };
}
