import type { QueueRecord } from '../lib/records.ts';
import type { Row } from './rows.ts';

/** The fields of partitions in `sinfo`. */
export const partitionFields = ['PartitionName', 'Available'] as const;

/** Whether jobs can be submitted and started in each state of a partition (slurm.conf(5), "State" of partitions). */
const states: ReadonlyMap<string, Pick<QueueRecord, 'enabled' | 'started'>> = new Map([
  ['up', { enabled: true, started: true }],
  ['down', { enabled: true, started: false }],
  ['drain', { enabled: false, started: true }],
  ['inact', { enabled: false, started: false }],
  ['inactive', { enabled: false, started: false }],
]);

/**
 * Parses one partition as a queue. Returns a string with the error if the line is wrong. Slurm does not give the number
 * of its jobs.
 */
export function parsePartition(row: Row<(typeof partitionFields)[number]>): QueueRecord | string {
  const state = states.get(row('Available').toLowerCase());
  if (row('PartitionName') === '') return 'has no name';
  return state ? { name: row('PartitionName'), type: 'Execution', ...state, jobs: null } : 'has an unknown state';
}
