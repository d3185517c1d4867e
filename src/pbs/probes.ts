import type { BatchSystem } from '../config/system.ts';
import type { Command, Executor } from '../exec/command.ts';
import { readText } from '../exec/read-text.ts';
import { recordsOutcome } from '../exec/records-outcome.ts';
import { onSchedulerHost } from '../exec/scheduler-host.ts';
import { collectingGarbage } from '../lib/collecting-garbage.ts';
import {
  Damages,
  type JobRecord,
  type NodeRecord,
  type Probed,
  type QueueRecord,
  type ReservationRecord,
  type SchedulerProbes,
} from '../lib/records.ts';
import { jobFields, parseJob } from './jobs.ts';
import { nodeFields, parseNode } from './nodes.ts';
import { parseQueue, parseQueueTable, queueFields } from './queues.ts';
import { readRecords } from './records.ts';
import { parseReservations } from './reservations.ts';
import type { PbsRecord } from './values.ts';

/** How PBS is asked. */
export function pbsProbes(system: BatchSystem, executor: Executor): SchedulerProbes {
  return {
    version: async () => null,
    nodes: (take) => probeNodes(system, executor, take),
    jobs: (take) => probeJobs(system, executor, take),
    queues: () => probeQueues(system, executor),
    reservations: () => probeReservations(system, executor),
    // PBS hides others' jobs from users who may not see them, and says nothing.
    doubtNoJobs({ queues }) {
      const waiting = queues.reduce((sum, { jobs }) => sum + (jobs ?? 0), 0);
      return waiting === 0
        ? null
        : `qstat lists no jobs but the queues hold ${waiting}: may this user see other users' jobs?`;
    },
  };
}

/** Asks PBS for its nodes and gives each to `take`. */
export async function probeNodes(
  system: BatchSystem,
  executor: Executor,
  take: (node: NodeRecord) => void,
): Promise<Probed<null>> {
  const command = onSchedulerHost(system, ['pbsnodes', '-aj', '-F', 'json'], 'scheduler');
  const probed = await probeRecords(executor, command, 'nodes', nodeFields, parseNode, take);
  // A server without nodes is no failure, though pbsnodes calls it one.
  const hasNone = probed.kind === 'failed' && probed.reason.includes('Server has no node list');
  return hasNone ? { kind: 'done', value: null, damaged: new Damages() } : probed;
}

/** Asks PBS for its jobs and gives each to `take`. */
export function probeJobs(
  system: BatchSystem,
  executor: Executor,
  take: (job: JobRecord) => void,
): Promise<Probed<null>> {
  const command = onSchedulerHost(system, ['qstat', '-f', '-F', 'json'], 'scheduler');
  return probeRecords(executor, command, 'Jobs', jobFields, parseJob, take);
}

/** Asks PBS for its queues: as JSON, and as the table that has those whose JSON is broken. */
export async function probeQueues(system: BatchSystem, executor: Executor): Promise<Probed<QueueRecord[]>> {
  const queues = new Map<string, QueueRecord>();
  const [json, table] = await Promise.all([
    probeRecords(
      executor,
      onSchedulerHost(system, ['qstat', '-Q', '-f', '-F', 'json'], 'scheduler'),
      'Queue',
      queueFields,
      parseQueue,
      (queue) => queues.set(queue.name, queue),
    ),
    readText(executor, onSchedulerHost(system, ['qstat', '-Qa'], 'scheduler')),
  ]);
  const fromTable = table.kind === 'done' ? parseQueueTable(table.text) : [];
  if (json.kind === 'failed' && fromTable.length === 0) return json;
  const missing = fromTable.filter((queue) => !queues.has(queue.name));
  const damaged = json.kind === 'done' ? json.damaged : new Damages();
  return { kind: 'done', value: [...queues.values(), ...missing], damaged };
}

/** Asks PBS for its reservations. */
export async function probeReservations(system: BatchSystem, executor: Executor): Promise<Probed<ReservationRecord[]>> {
  const result = await readText(executor, onSchedulerHost(system, ['pbs_rstat', '-f'], 'scheduler'));
  if (result.kind === 'failed') return result;
  return { kind: 'done', ...parseReservations(result.text, system.timezone) };
}

async function probeRecords<T>(
  executor: Executor,
  command: Command,
  section: string,
  fields: ReadonlySet<string>,
  parse: (record: PbsRecord) => T | string,
  take: (value: T) => void,
): Promise<Probed<null>> {
  const execution = executor.start(command);
  let taken = 0;
  const { isPbs, damaged } = await readRecords(collectingGarbage(execution.stdout), section, fields, (record) => {
    const value = parse(record);
    if (typeof value === 'string') return value;
    taken += 1;
    take(value);
    return undefined;
  });
  const problem = isPbs ? null : 'printed no PBS JSON';
  return recordsOutcome(command, await execution.ending, { taken, damaged, printedNothing: !isPbs, problem });
}
