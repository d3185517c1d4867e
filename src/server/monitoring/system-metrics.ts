import type { Metric, Sample } from '../../lib/exposition.ts';
import { type MeasuredEntry, measures, type SeriesKind } from '../status/measures.ts';
import { entriesOf, readStored } from '../status/read-snapshot.ts';
import { type SystemStatus, systemsAt } from '../status/systems.ts';
import type { Reader } from '../store/port.ts';
import { newestSnapshot } from '../store/snapshots.ts';
import { millisecondsOf } from '../timestamp.ts';

const states = ['up', 'degraded', 'down', 'unknown'] as const;

/** The kinds of series that are metrics, and the label that names one of a system. */
const labelOf: Readonly<Partial<Record<SeriesKind, string>>> = {
  system: '',
  hub: '',
  queue: 'queue',
  node_type: 'node_type',
  login_node: 'login_node',
  filesystem: 'filesystem',
};

/**
 * Returns the newest values of every system as metrics. A system without a snapshot for 10 minutes has only its state and
 * the time of its newest snapshot: old values must not look recent.
 */
export async function systemMetrics(reader: Reader, now: Date): Promise<Metric[]> {
  const systems = await systemsAt(reader, now);
  const samples = new Map<string, Sample[]>();
  for (const system of systems.filter(({ state }) => state !== 'unknown')) {
    const newest = await newestSnapshot(reader, system.name);
    if (!newest) continue;
    for (const entry of entriesOf(readStored(newest), null)) addSamples(samples, system.name, entry);
  }
  return [
    ...stateMetrics(systems),
    ...[...samples].map(
      ([name, list]): Metric => ({
        name,
        help: 'Value of the newest snapshot (help counting).',
        type: 'gauge',
        samples: list,
      }),
    ),
  ];
}

function stateMetrics(systems: readonly SystemStatus[]): Metric[] {
  return [
    {
      name: 'hpc_system_state',
      help: '1 for the current state of a system.',
      type: 'gauge',
      samples: systems.flatMap(({ name, state }) =>
        states.map((one): Sample => [{ system: name, state: one }, Number(one === state)]),
      ),
    },
    {
      name: 'hpc_system_snapshot_timestamp_seconds',
      help: 'Time of the newest snapshot.',
      type: 'gauge',
      samples: systems.map(({ name, timestamp }): Sample => [{ system: name }, millisecondsOf(timestamp) / 1000]),
    },
    {
      name: 'hpc_system_failed_probes',
      help: 'Probes that failed when the newest snapshot was collected.',
      type: 'gauge',
      samples: systems.map((system): Sample => [{ system: system.name }, system.failed_probes.length]),
    },
  ];
}

function addSamples(samples: Map<string, Sample[]>, system: string, { kind, name, values }: MeasuredEntry): void {
  const label = labelOf[kind];
  if (label === undefined) return;
  const labels = label === '' ? { system } : { system, [label]: name };
  for (const [index, field] of measures[kind].entries()) {
    const value = values[index] ?? null;
    if (value === null) continue;
    const metric = `hpc_${kind}_${field}`;
    const list = samples.get(metric) ?? [];
    samples.set(metric, list);
    list.push([labels, value]);
  }
}
