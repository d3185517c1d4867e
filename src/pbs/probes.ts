import type { BatchSystem } from '../config/system.ts';
import type { Command, Executor } from '../exec/command.ts';
import { cutOutput, readLines } from '../exec/read-text.ts';
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
import { copyOf, counted } from '../lib/text.ts';
import { pbsCommands } from './commands.ts';
import { jobFields, parseJob } from './jobs.ts';
import { nodeFields, parseNode } from './nodes.ts';
import { parseQueue, parseQueueTable, queueFields } from './queues.ts';
import { readRecords } from './records.ts';
import { parseReservations } from './reservations.ts';
import { areMostlyUnlisted, areUnlisted, describeUnlisted, type JobCounts } from './unlisted-jobs.ts';
import { type PbsRecord, textOf } from './values.ts';
import { hasDifferingVnodes, hostOf, nodeOfVnodes } from './vnodes.ts';

/** Returns the probes of a system that runs PBS. */
export function pbsProbes(system: BatchSystem, executor: Executor): SchedulerProbes {
  const onNodes = new Set<string>();
  let subjobs = 0;
  return {
    version: async () => null,
    nodes: (take) =>
      probeNodes(system, executor, (node) => {
        for (const id of node.jobs) if (!onNodes.has(id)) onNodes.add(copyOf(id));
        take(node);
      }),
    jobs: (take) =>
      probeJobs(system, executor, (job) => {
        if (job.hosts === null) subjobs += job.running;
        take(job);
      }),
    queues: () => probeQueues(system, executor),
    reservations: () => probeReservations(system, executor),
    async doubt({ jobs, queues }) {
      const inQueues = queues?.reduce((sum, queue) => sum + (queue.jobs ?? 0), 0) ?? null;
      const counts = jobs && { listed: jobs.listed + subjobs, users: jobs.users, inQueues, onNodes: onNodes.size };
      return { jobs: counts && (await doubtJobs(system, executor, counts)), reservations: null };
    },
  };
}

/** Asks the server about the right to see other users' jobs only if jobs are missing. */
async function doubtJobs(system: BatchSystem, executor: Executor, counts: JobCounts): Promise<string | null> {
  if (!areUnlisted(counts)) return null;
  const maySeeOthers = await probeQueryOtherJobs(system, executor);
  if (maySeeOthers === false) {
    return `${describeUnlisted(counts)}: query_other_jobs of the PBS server is False: set it to True, or make this user an operator of PBS`;
  }
  if (counts.listed > 0 && (maySeeOthers || !areMostlyUnlisted(counts))) return null;
  return `${describeUnlisted(counts)}: may this user see other users' jobs (query_other_jobs of the PBS server)?`;
}

/** Asks PBS whether users may see other users' jobs; null if it does not say. */
async function probeQueryOtherJobs(system: BatchSystem, executor: Executor): Promise<boolean | null> {
  const command = onSchedulerHost(system, pbsCommands.server, 'scheduler');
  let answer: string | undefined;
  await probeRecords(executor, command, 'Server', new Set(['query_other_jobs']), ({ fields }) => {
    answer = textOf(fields.get('query_other_jobs'))?.toLowerCase();
    return undefined;
  });
  return answer === 'true' ? true : answer === 'false' ? false : null;
}

/**
 * Asks PBS for its nodes and passes each host to `take`. Asks for the vnodes only if the vnodes of a host differ: pbsnodes
 * then prints no state and no resources of that host.
 */
export async function probeNodes(
  system: BatchSystem,
  executor: Executor,
  take: (node: NodeRecord) => void,
): Promise<Probed<null>> {
  const unread = new Damages();
  const names = new Map<string, string>();
  const command = onSchedulerHost(system, pbsCommands.nodes, 'scheduler');
  const takeNode = parsed((record) => parseNode(record, unread), take);
  const probed = await probeRecords(executor, command, 'nodes', nodeFields, (record) => {
    if (!hasDifferingVnodes(record)) return takeNode(record);
    names.set(hostOf(record), record.id);
    return undefined;
  });
  if (probed.kind === 'failed') {
    // pbsnodes exits with 1 if the server has no nodes; treat that as an empty list.
    const hasNone = probed.reason.includes('Server has no node list');
    return hasNone ? { kind: 'done', value: null, damaged: new Damages() } : probed;
  }
  probed.damaged.include(unread);
  if (names.size === 0) return probed;
  const ofVnodes = await probeVnodes(system, executor, names, take);
  if (ofVnodes.kind === 'done') probed.damaged.include(ofVnodes.damaged);
  return ofVnodes.kind === 'done' ? probed : ofVnodes;
}

/** Asks PBS for its vnodes and passes each host of `names` to `take`. `names` maps the name of a host to that of its node. */
async function probeVnodes(
  system: BatchSystem,
  executor: Executor,
  names: ReadonlyMap<string, string>,
  take: (node: NodeRecord) => void,
): Promise<Probed<null>> {
  const unread = new Damages();
  const vnodes = new Map<string, NodeRecord[]>();
  const command = onSchedulerHost(system, pbsCommands.vnodes, 'scheduler');
  const probed = await probeRecords(executor, command, 'nodes', nodeFields, (record) => {
    const host = hostOf(record);
    if (!names.has(host)) return undefined;
    return parsed(
      () => parseNode(record, unread),
      (vnode) => vnodes.set(host, [...(vnodes.get(host) ?? []), vnode]),
    )(record);
  });
  if (probed.kind === 'failed') {
    const [first] = names.values();
    return { ...probed, reason: `${probed.reason} (the vnodes of ${counted(names.size, 'host')} differ: ${first}, …)` };
  }
  probed.damaged.include(unread);
  for (const [host, name] of names) {
    const found = vnodes.get(host);
    if (found) take(nodeOfVnodes(name, found));
    else probed.damaged.add({ record: name, byte: 0, problem: 'has no readable vnodes' });
  }
  return probed;
}

/** Asks PBS for its jobs and passes each to `take`. */
export function probeJobs(
  system: BatchSystem,
  executor: Executor,
  take: (job: JobRecord) => void,
): Promise<Probed<null>> {
  const command = onSchedulerHost(system, pbsCommands.jobs, 'scheduler');
  return probeRecords(executor, command, 'Jobs', jobFields, parsed(parseJob, take));
}

/** Asks PBS for its queues: as JSON, and as a table for the queues whose JSON is broken. */
export async function probeQueues(system: BatchSystem, executor: Executor): Promise<Probed<QueueRecord[]>> {
  const queues = new Map<string, QueueRecord>();
  const [json, table] = await Promise.all([
    probeRecords(
      executor,
      onSchedulerHost(system, pbsCommands.queues, 'scheduler'),
      'Queue',
      queueFields,
      parsed(parseQueue, (queue) => queues.set(queue.name, queue)),
    ),
    readLines(executor, onSchedulerHost(system, pbsCommands.queueTable, 'scheduler')),
  ]);
  const fromTable = table.kind === 'done' ? parseQueueTable(table.text) : [];
  if (json.kind === 'failed' && fromTable.length === 0) return json;
  const missing = fromTable.filter((queue) => !queues.has(queue.name));
  const damaged = json.kind === 'done' ? json.damaged : new Damages();
  return { kind: 'done', value: [...queues.values(), ...missing], damaged };
}

/** Asks PBS for its reservations. */
export async function probeReservations(system: BatchSystem, executor: Executor): Promise<Probed<ReservationRecord[]>> {
  const result = await readLines(executor, onSchedulerHost(system, pbsCommands.reservations, 'scheduler'));
  if (result.kind === 'failed') return result;
  return { kind: 'done', ...parseReservations(result.text, system.timezone) };
}

type TakeRecord = (record: PbsRecord) => string | undefined;

/** Passes parsed records to `take`. Returns the error if `parse` returns a string. */
function parsed<T extends object>(parse: (record: PbsRecord) => T | string, take: (value: T) => void): TakeRecord {
  return (record) => {
    const value = parse(record);
    if (typeof value === 'string') return value;
    take(value);
    return undefined;
  };
}

/** Passes each record to `take`. A string that `take` returns is the error of the record. */
export async function probeRecords(
  executor: Executor,
  command: Command,
  section: string,
  fields: ReadonlySet<string>,
  take: TakeRecord,
): Promise<Probed<null>> {
  const execution = executor.start(command);
  let taken = 0;
  const { isPbs, isCut, damaged } = await readRecords(
    collectingGarbage(execution.stdout),
    section,
    fields,
    (record) => {
      const problem = take(record);
      if (problem === undefined) taken += 1;
      return problem;
    },
  );
  const problem = !isPbs ? 'printed no PBS JSON' : isCut ? cutOutput : null;
  return recordsOutcome(command, await execution.ending, { taken, damaged, printedNothing: !isPbs, problem });
}
