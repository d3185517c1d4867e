import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { expositionText, type Sample } from '../lib/exposition.ts';
import type { Condition } from './condition.ts';
import { oldestWaiting, type Status, statuses } from './findings.ts';

type Gauge = readonly [name: string, help: string, samples: readonly Sample[]];

/**
 * Returns the health in the Prometheus text format 0.0.4, for the textfile collector of node_exporter. It has timestamps
 * instead of ages, because a file that is no longer written must not look recent. Without a condition it has only the
 * status.
 */
export function prometheusText(condition: Condition | null, status: Status, now: Date): string {
  const gauges: Gauge[] = [
    ['health_status', 'Health status: 0 ok, 1 warning, 2 critical, 3 unknown.', one(statuses.indexOf(status))],
    ['health_timestamp_seconds', 'Time when this file was written.', one(now.getTime() / 1000)],
    ...(condition === null ? [] : metricsOf(condition)),
  ];
  return expositionText(
    gauges.map(([name, help, samples]) => ({ name: `hpc_collector_${name}`, help, type: 'gauge', samples })),
  );
}

/** Writes a file, readable for all, in one step: node_exporter never reads half of it. Throws OperatorError. */
export function writeTextfile(file: string, text: string): void {
  // The name must not end with .prom, because node_exporter would read it.
  const unfinished = `${file}.${crypto.randomUUID()}.tmp`;
  try {
    writeFileSync(unfinished, text, { flag: 'wx', mode: 0o644 });
    // The umask may have removed permissions.
    chmodSync(unfinished, 0o644);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new OperatorError(`cannot write ${file}: ${messageOf(error)}; correct --prometheus`, { cause: error });
  }
}

function metricsOf(condition: Condition): Gauge[] {
  const { systems, streams } = condition;
  const bySystem = (value: (system: Condition['systems'][number]) => number | null): Sample[] =>
    systems.flatMap((system) => {
      const found = value(system);
      return found === null ? [] : [[{ system: system.name }, found] as const];
    });
  const oldest = oldestWaiting(streams);
  return [
    [
      'snapshot_stored_timestamp_seconds',
      'Collection time of the last stored snapshot.',
      bySystem(({ storedAt }) => secondsOf(storedAt)),
    ],
    [
      'snapshot_delivered_timestamp_seconds',
      'Collection time of the last delivered snapshot.',
      systems.flatMap(({ name, deliveredAt, deliveries }) =>
        deliveries === undefined
          ? samplesOf({ system: name }, deliveredAt)
          : [...deliveries].flatMap(([destination, at]) => samplesOf({ system: name, destination }, at)),
      ),
    ],
    [
      'probe_failures_in_a_row',
      'Number of latest snapshots in a row in which the probe failed.',
      systems.flatMap(({ name, failedProbes }) =>
        [...failedProbes].map(([probe, times]): Sample => [{ system: name, probe }, times]),
      ),
    ],
    ['maintenance', '1 if the system is in maintenance.', bySystem(({ maintenance }) => Number(maintenance !== null))],
    [
      'jobs_exported_timestamp_seconds',
      'Time up to which the finished jobs of a cluster were read.',
      [...condition.exportedUntil].map(([cluster, until]): Sample => [{ cluster }, until.getTime() / 1000]),
    ],
    [
      'entries',
      'Undelivered entries of the outbox.',
      streams.flatMap((stream) =>
        (['pending', 'held', 'rejected'] as const).map(
          (state): Sample => [{ stream: stream.stream, state }, stream[state]],
        ),
      ),
    ],
    ['oldest_pending_timestamp_seconds', 'Collection time of the oldest pending entry.', one(secondsOf(oldest))],
    ['lost_entries_last_day', 'Undelivered entries deleted for lack of space.', one(condition.givenUp)],
    ['damages_unacknowledged', 'Unacknowledged recoveries of the outbox.', one(condition.damages)],
    ['spooled_snapshots', 'Snapshots in the fallback directory.', one(condition.spooled)],
    ['outbox_used_bytes', 'Bytes of the outbox in use.', one(condition.usedBytes)],
    ['disk_free_bytes', 'Free bytes on the disk of the outbox.', one(condition.diskFreeBytes)],
    [
      'outbox_on_network_filesystem',
      '1 if the outbox is on a network filesystem.',
      one(Number(condition.networkFilesystem !== null)),
    ],
  ];
}

function one(value: number | null): Sample[] {
  return value === null ? [] : [[{}, value]];
}

function samplesOf(labels: Sample[0], time: Date | null): Sample[] {
  const value = secondsOf(time);
  return value === null ? [] : [[labels, value]];
}

function secondsOf(time: Date | null): number | null {
  return time === null ? null : time.getTime() / 1000;
}
