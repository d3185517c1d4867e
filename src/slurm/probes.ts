import type { BatchSystem } from '../config/system.ts';
import type { Command, Executor } from '../exec/command.ts';
import { cutOutput, readLines, readText } from '../exec/read-text.ts';
import { recordsOutcome } from '../exec/records-outcome.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { collectingGarbage } from '../lib/collecting-garbage.ts';
import type {
  Found,
  JobRecord,
  NodeRecord,
  Probed,
  QueueRecord,
  ReservationRecord,
  SchedulerProbes,
} from '../lib/records.ts';
import { counted, printable } from '../lib/text.ts';
import { slurmCommands } from './commands.ts';
import { withComplaint } from './complaints.ts';
import { jobFields, parseJob } from './jobs.ts';
import { NodesByName, nodeFields } from './nodes.ts';
import { parsePartition, partitionFields } from './partitions.ts';
import { parseReservations } from './reservations.ts';
import { type Row, readRows } from './rows.ts';
import { slurmVersionLine, tooOld } from './version.ts';

/** Returns the probes of a Slurm system. If its version is too old, all other probes fail and say so. */
export function slurmProbes(system: BatchSystem, executor: Executor): SchedulerProbes {
  const version = probeVersion(system, executor);
  const supported = async <T>(asked: Promise<Probed<T>>): Promise<Probed<T>> => {
    const probed = await asked;
    const seen = await version;
    const reason = seen && tooOld(seen);
    return reason ? { kind: 'failed', reason } : probed;
  };
  return {
    version: () => version,
    nodes: (take) => supported(probeNodes(system, executor, take)),
    jobs: (take) => supported(probeJobs(system, executor, take)),
    queues: () => supported(probePartitions(system, executor)),
    reservations: () => supported(probeReservations(system, executor)),
    doubt: async (found) => ({ jobs: doubtJobs(found), reservations: doubtReservations(found) }),
  };
}

/**
 * Returns why the list of jobs seems incomplete; null if it does not. With PrivateData=jobs, squeue lists only the
 * user's own jobs. Up to half of the allocated CPUs can belong to jobs that started or ended between the two commands.
 */
function doubtJobs({ nodes, jobs }: Found): string | null {
  if (!nodes || !jobs || jobs.users > 1 || nodes.coresAllocated <= 2 * jobs.cores) return null;
  const listed = jobs.listed === 0 ? 'no jobs' : `jobs of one user with ${jobs.cores} CPUs`;
  return `squeue lists ${listed} but ${nodes.coresAllocated} CPUs are allocated: may this user see other users' jobs (PrivateData in slurm.conf)?`;
}

/**
 * Returns why the list of reservations seems incomplete; null if it does not. With PrivateData=reservations, scontrol
 * lists only the reservations that the user may use.
 */
function doubtReservations({ nodes, reservations }: Found): string | null {
  if (!nodes || reservations?.length !== 0 || nodes.reserved === 0) return null;
  return `scontrol lists no reservations but ${counted(nodes.reserved, 'node')} are reserved: may this user see reservations (PrivateData in slurm.conf)?`;
}

/** Returns the version of Slurm; null if the command fails, because the other commands then report the reason. */
async function probeVersion(system: BatchSystem, executor: Executor): Promise<string | null> {
  const result = await readText(executor, onSchedulerHost(system, slurmCommands.version, 'scheduler'));
  return result.kind === 'done' ? printable(slurmVersionLine(result.text) ?? result.text, 80) || null : null;
}

/**
 * Asks Slurm for its nodes and passes each to `take`. An empty list is a failure, because with PrivateData=nodes Slurm hides nodes without an error.
 */
async function probeNodes(
  system: BatchSystem,
  executor: Executor,
  take: (node: NodeRecord) => void,
): Promise<Probed<null>> {
  const nodes = new NodesByName();
  const probed = await probeRows(
    executor,
    onSchedulerHost(system, slurmCommands.nodes, 'scheduler'),
    nodeFields,
    (row) => nodes.add(row),
    'lists no nodes: may this user see them (PrivateData in slurm.conf)?',
  );
  if (probed.kind === 'done') for (const node of nodes) take(node);
  return probed;
}

/** Asks Slurm for its jobs and passes each to `take`. */
function probeJobs(system: BatchSystem, executor: Executor, take: (job: JobRecord) => void): Promise<Probed<null>> {
  return probeRows(executor, onSchedulerHost(system, slurmCommands.jobs, 'scheduler'), jobFields, (row) => {
    const job = parseJob(row);
    if (typeof job === 'string') return job;
    take(job);
    return undefined;
  });
}

/** Asks Slurm for its partitions. */
async function probePartitions(system: BatchSystem, executor: Executor): Promise<Probed<QueueRecord[]>> {
  const queues = new Map<string, QueueRecord>();
  const probed = await probeRows(
    executor,
    onSchedulerHost(system, slurmCommands.partitions, 'scheduler'),
    partitionFields,
    (row) => {
      const queue = parsePartition(row);
      if (typeof queue === 'string') return queue;
      queues.set(queue.name, queue);
      return undefined;
    },
  );
  return probed.kind === 'done' ? { ...probed, value: [...queues.values()] } : probed;
}

/** Asks Slurm for its reservations. */
async function probeReservations(system: BatchSystem, executor: Executor): Promise<Probed<ReservationRecord[]>> {
  const result = await readLines(executor, onSchedulerHost(system, slurmCommands.reservations, 'scheduler'));
  if (result.kind === 'done') return { kind: 'done', ...parseReservations(result.text) };
  return { ...result, reason: withComplaint(result.reason, result.ending) };
}

async function probeRows<Field extends string>(
  executor: Executor,
  command: Command,
  fields: readonly Field[],
  take: (row: Row<Field>) => string | undefined,
  whereNone: string | null = null,
): Promise<Probed<null>> {
  const execution = executor.start(command);
  const { taken, damaged, isCut } = await readRows(collectingGarbage(execution.stdout), fields, take);
  const printedNothing = taken === 0 && damaged.count === 0;
  const problem = isCut ? cutOutput : printedNothing ? whereNone : null;
  const ending = await execution.ending;
  const outcome = recordsOutcome(command, ending, { taken, damaged, printedNothing, problem });
  return outcome.kind === 'failed' ? { ...outcome, reason: withComplaint(outcome.reason, ending) } : outcome;
}
