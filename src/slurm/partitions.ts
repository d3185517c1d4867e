import type { QueueRecord } from '../lib/records.ts';
import type { Row } from './rows.ts';

/** The fields of `sinfo` that are read of partitions. */
export const partitionFields = ['PartitionName', 'Available'] as const;

/** What a partition's state lets jobs do: be submitted, and be started (slurm.conf(5), "State" of partitions). */
const states: Readonly<Record<string, Pick<QueueRecord, 'enabled' | 'started'>>> = {
  up: { enabled: true, started: true },
  down: { enabled: true, started: false },
  drain: { enabled: false, started: true },
  inact: { enabled: false, started: false },
  inactive: { enabled: false, started: false },
};

/** One partition as a queue; a string says what is wrong with the line. Slurm does not say how many jobs it has. */
export function parsePartition(row: Row<(typeof partitionFields)[number]>): QueueRecord | string {
  const state = states[row('Available').toLowerCase()];
  if (row('PartitionName') === '') return 'has no name';
  return state ? { name: row('PartitionName'), type: 'Execution', ...state, jobs: null } : 'has no state that is known';
}
