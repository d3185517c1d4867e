import { jobFields } from './jobs.ts';
import { nodeFields } from './nodes.ts';
import { partitionFields } from './partitions.ts';
import { formatOf } from './rows.ts';

/**
 * Every command that this program runs to ask Slurm's controller: sinfo(1), squeue(1) and scontrol(1). All of them only
 * read. `sacctCommand` makes the command that asks for finished jobs.
 */
export const slurmCommands = {
  version: ['sinfo', '--version'],
  /** The nodes of all partitions, hidden ones too. */
  nodes: ['sinfo', '-a', '-N', '-h', '--local', '--noconvert', '-O', formatOf(nodeFields)],
  /** With hidden partitions and partitions without nodes. */
  partitions: ['sinfo', '-a', '-h', '--local', '-O', formatOf(partitionFields)],
  /**
   * The pending tasks of an array are one line. squeue truncates their list unless SLURM_BITSTR_LEN is 0 (squeue(1),
   * "%i"), and prints 1024 as `1K` unless `--noconvert` is set.
   */
  jobs: ['env', 'SLURM_BITSTR_LEN=0', 'squeue', '-a', '-h', '--local', '--noconvert', '-O', formatOf(jobFields)],
  /** Times are in seconds since 1970, because Slurm prints other times without a zone. */
  reservations: ['env', 'SLURM_TIME_FORMAT=%s', 'scontrol', '--oneliner', 'show', 'reservation'],
  configuration: ['scontrol', 'show', 'config'],
  sacctVersion: ['sacct', '--version'],
} as const;
