import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import { destinationsOfKind, exportsJobs } from '../config/destination-settings.ts';
import { destinationsOfSystem } from '../config/load.ts';
import { messageOf } from '../lib/errors.ts';
import { printable } from '../lib/text.ts';
import { type OutboxLocation, openReadOnly } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { isDamage } from '../outbox/recovery/damage.ts';
import { type Condition, conditionOf } from './condition.ts';
import { type AgeLimits, findingsOf, type HealthFinding, type Status, statusOf } from './findings.ts';
import { performanceData, statusLine, summaryLine } from './nagios.ts';
import { watchedSystems } from './watched.ts';

/** The inputs of a health report. */
export type HealthSource = { readonly config: Config; readonly outbox: OutboxLocation };

/** The state of health. The condition is null if it is unknown or if the outbox is too damaged to read. */
export type HealthReport = {
  readonly status: Status;
  /** The line without its performance data. */
  readonly summary: string;
  /** The line of a Nagios plugin. */
  readonly line: string;
  readonly condition: Condition | null;
  readonly findings: readonly HealthFinding[];
};

export type Assessment = { readonly condition: Condition; readonly findings: readonly HealthFinding[] };

const nothingExpected =
  "no system is enabled on the outbox's host, and nothing was ever stored: list them under 'systems:' in collector.yaml";

const nothingExported = 'no jobs were exported yet: hpc-collector jobs export';

/** Judges the state of an open outbox, its disk and the fallback directory. */
export function assess(outbox: Outbox, { config, outbox: { file, spool } }: HealthSource, now: Date): Assessment {
  const systems = watchedSystems(config, outbox.metadata.read('host') ?? hostname());
  const routes = {
    status: destinationsOfKind(config, 'sam'),
    jobs: destinationsOfKind(config, 'ingest'),
    ofSystem: (name: string) => destinationsOfSystem(name, config),
  };
  const condition = conditionOf(outbox, { file, spool, systems, routes }, now);
  return { condition, findings: findingsOf(condition, limitsOf(config)) };
}

/** Returns the health report, without writing anything. Never throws: an error is reported as unknown or critical. */
export function healthReport(source: HealthSource, now: Date): HealthReport {
  const { collector } = source.config;
  const hasNoSystem = collector.systems.length === 0;
  const exportsOnly = hasNoSystem && exportsJobs(source.config);
  let outbox: Outbox | null = null;
  try {
    outbox = openReadOnly(source.outbox);
    if (outbox === null) {
      if (exportsOnly) return withoutCondition('unknown', nothingExported);
      const file = printable(source.outbox.file);
      return withoutCondition('unknown', `there is no outbox ${file} yet: the first collection creates it`);
    }
    const { condition, findings } = assess(outbox, source, now);
    const hasExported = hasNoSystem && (condition.hasJobs || condition.exportedUntil.size > 0);
    // If no snapshots are expected, none can be overdue; do not report that as ok.
    if (condition.systems.length === 0 && !hasExported) {
      const text = exportsOnly ? nothingExported : nothingExpected;
      return { ...withoutCondition('unknown', text), condition, findings };
    }
    const status = statusOf(findings);
    const maxBytes = collector.outbox.max_mib * 1024 ** 2;
    const summary = summaryLine(condition, findings, status);
    const line = `${summary} | ${performanceData(condition, limitsOf(source.config), maxBytes)}`;
    return { status, summary, line, condition, findings };
  } catch (error) {
    const reason = printable(messageOf(error));
    if (isDamage(error)) {
      return withoutCondition('critical', `the outbox is damaged (${reason}): the next run recovers what can be read`);
    }
    return withoutCondition('unknown', reason);
  } finally {
    outbox?.close();
  }
}

/** Returns a report for a state without a condition, with the reason. */
export function withoutCondition(status: 'unknown' | 'critical', text: string): HealthReport {
  const line = statusLine(status, text);
  return { status, summary: line, line, condition: null, findings: [] };
}

/** Returns the report as `--json` prints it: times in ISO 8601, UTC. Members may be added. */
export function healthJson({ status, line, condition, findings }: HealthReport): Record<string, unknown> {
  return {
    status,
    line,
    findings: findings.map((finding) => ({
      topic: finding.topic,
      system: finding.system,
      status: finding.status,
      text: finding.text,
      silenced: finding.isSilenced,
    })),
    systems:
      condition?.systems.map((system) => ({
        system: system.name,
        stored_at: system.storedAt?.toISOString() ?? null,
        delivered_at: system.deliveredAt?.toISOString() ?? null,
        ...(system.deliveries === undefined
          ? {}
          : {
              delivered_to: Object.fromEntries(
                [...system.deliveries].map(([destination, at]) => [destination, at?.toISOString() ?? null]),
              ),
            }),
        failed_in_a_row: Object.fromEntries(system.failedProbes),
        maintenance_until: system.maintenance?.until?.toISOString() ?? null,
      })) ?? [],
  };
}

function limitsOf({ collector }: Config): AgeLimits {
  return { warning: collector.health.warn_minutes * 60_000, critical: collector.health.critical_minutes * 60_000 };
}
