import type { BatchSystem } from '../config/system.ts';
import type { Command, Executor } from '../exec/command.ts';
import { failureOf, unreachableOf } from '../exec/describe.ts';
import { onPbsHost } from '../exec/pbs-host.ts';
import { readText, silentFailure } from '../exec/read-text.ts';
import {
  Damages,
  type JobRecord,
  type NodeRecord,
  type Probed,
  type QueueRecord,
  type ReservationRecord,
} from '../lib/records.ts';
import { jobFields, parseJob } from './jobs.ts';
import { nodeFields, parseNode } from './nodes.ts';
import { parseQueue, parseQueueTable, queueFields } from './queues.ts';
import { readRecords } from './records.ts';
import { parseReservations } from './reservations.ts';
import type { PbsRecord } from './values.ts';

/** Asks PBS for its nodes and gives each to `take`. */
export async function probeNodes(
  system: BatchSystem,
  executor: Executor,
  take: (node: NodeRecord) => void,
): Promise<Probed<null>> {
  const command = onPbsHost(system, ['pbsnodes', '-aj', '-F', 'json'], 'scheduler');
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
  const command = onPbsHost(system, ['qstat', '-f', '-F', 'json'], 'scheduler');
  return probeRecords(executor, command, 'Jobs', jobFields, parseJob, take);
}

/** Asks PBS for its queues: as JSON, and as the table that has those whose JSON is broken. */
export async function probeQueues(system: BatchSystem, executor: Executor): Promise<Probed<QueueRecord[]>> {
  const queues = new Map<string, QueueRecord>();
  const [json, table] = await Promise.all([
    probeRecords(
      executor,
      onPbsHost(system, ['qstat', '-Q', '-f', '-F', 'json'], 'scheduler'),
      'Queue',
      queueFields,
      parseQueue,
      (queue) => queues.set(queue.name, queue),
    ),
    readText(executor, onPbsHost(system, ['qstat', '-Qa'], 'scheduler')),
  ]);
  const fromTable = table.kind === 'done' ? parseQueueTable(table.text) : [];
  if (json.kind === 'failed' && fromTable.length === 0) return json;
  const missing = fromTable.filter((queue) => !queues.has(queue.name));
  const damaged = json.kind === 'done' ? json.damaged : new Damages();
  return { kind: 'done', value: [...queues.values(), ...missing], damaged };
}

/** Asks PBS for its reservations. */
export async function probeReservations(system: BatchSystem, executor: Executor): Promise<Probed<ReservationRecord[]>> {
  const result = await readText(executor, onPbsHost(system, ['pbs_rstat', '-f'], 'scheduler'));
  if (result.kind === 'failed') return result;
  return { kind: 'done', ...parseReservations(result.text, system.timezone) };
}

/** After how much of a command's output garbage is collected. */
const garbageBytes = 8 * 1024 * 1024;

/**
 * The same chunks. What was read is garbage at once, but the engine, which sees a machine with much memory, lets tens of
 * megabytes of it come together before it looks, and a login host's memory belongs to others. Small systems never get here.
 */
async function* collectingGarbage(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    if (bytes < garbageBytes) continue;
    bytes = 0;
    Bun.gc(true);
  }
}

/** Exit code first, then content: a server that is down prints valid JSON without jobs, and exits with 255. */
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
  const ending = await execution.ending;
  const reason = failureOf(command, ending) ?? silentFailure(command, ending, !isPbs);
  if (reason !== null) return { kind: 'failed', reason, unreachable: unreachableOf(ending) };
  if (!isPbs) return { kind: 'failed', reason: `${command.argv.join(' ')} printed no PBS JSON` };
  if (taken === 0 && damaged.count > 0) {
    return {
      kind: 'failed',
      reason: `${command.argv.join(' ')}: none of ${damaged.count} records could be read: ${damaged.first[0]?.problem}`,
    };
  }
  return { kind: 'done', value: null, damaged };
}
