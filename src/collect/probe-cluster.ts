import type { BatchSystem } from '../config/system.ts';
import { probeFilesystem, probeLoginNode } from '../host/probes.ts';
import type { Log } from '../lib/log.ts';
import type { Probed, UnavailablePart } from '../lib/records.ts';
import { printable } from '../lib/text.ts';
import { addJob, emptyJobs, jobFields } from '../snapshot/jobs.ts';
import { addNode, emptyNodes, nodeFields } from '../snapshot/nodes.ts';
import { configuredQueues, type Findings } from '../snapshot/payload.ts';
import { problemOfRequired } from '../snapshot/validate.ts';
import type { Probing } from './observation.ts';
import { Outcomes } from './probe-outcomes.ts';
import { schedulerProbes } from './schedulers.ts';

/** The findings of a cluster's probes, and the names of the probes that failed or were read only in part. */
export type ClusterProbed = {
  readonly findings: Findings;
  readonly failedProbes: readonly string[];
  /**
   * True if no probe got an answer. Unavailable login nodes and mounts count as no answer: if everything is
   * unavailable, the cause can be the network of this host.
   */
  readonly everyProbeFailed: boolean;
};

/**
 * Runs all probes of a cluster at the same time. A failed probe does not affect the others, and the log says why.
 * Returns null if `signal` is aborted.
 */
export async function probeCluster(
  system: BatchSystem,
  { executor, signal }: Probing,
  log: Log,
): Promise<ClusterProbed | null> {
  const outcomes = new Outcomes(log);
  let answers = 0;
  const settle = <T>(name: string, probed: Probed<T>): T | null => {
    const value = outcomes.settle(name, probed);
    if (probed.kind === 'done' && !isUnavailable(value)) answers += 1;
    return value;
  };

  const nodes = emptyNodes();
  const jobs = emptyJobs();
  const scheduler = schedulerProbes(system, executor);
  const [version, nodesProbed, jobsProbed, queuesProbed, reservationsProbed, loginNodesProbed, filesystemsProbed] =
    await Promise.all([
      scheduler.version(),
      scheduler.nodes((node) => addNode(nodes, node, system)),
      scheduler.jobs((job) => addJob(jobs, job)),
      scheduler.queues(),
      scheduler.reservations(),
      Promise.all(system.login_nodes.map((node) => probeLoginNode(system, executor, node))),
      Promise.all(system.filesystems.map(({ path }) => probeFilesystem(system, executor, path))),
    ]);

  if (signal.aborted) return null;
  if (version !== null) log.info(`  Scheduler: ${printable(version)}`);
  const queues = settle('queues', queuesProbed);
  const doubt = await scheduler.doubt({
    nodes:
      nodesProbed.kind === 'failed' ? null : { coresAllocated: nodes.cores.allocated, reserved: nodes.all.reserved },
    jobs:
      jobsProbed.kind === 'failed'
        ? null
        : { listed: jobs.jobs + jobsProbed.damaged.count, users: jobs.users.size, cores: jobs.cores },
    queues,
    reservations: reservationsProbed.kind === 'failed' ? null : reservationsProbed.value,
  });
  const findings: Findings = {
    nodes: settle('nodes', unless(problemOfRequired(nodeFields(nodes, system)), holding(nodesProbed, nodes))),
    jobs: settle('jobs', unless(doubt.jobs ?? problemOfRequired(jobFields(jobs)), holding(jobsProbed, jobs))),
    queues,
    reservations: settle('reservations', unless(doubt.reservations, reservationsProbed)),
    loginNodes: byName(
      system.login_nodes.map(({ name }, index) => [
        name,
        settle(`login_nodes/${name}`, probedAt(loginNodesProbed, index)),
      ]),
    ),
    filesystems: byName(
      system.filesystems.map(({ name }, index) => [
        name,
        settle(`filesystems/${name}`, probedAt(filesystemsProbed, index)),
      ]),
    ),
  };
  const failedProbes = outcomes.report();
  report(findings, system, log);
  return { findings, failedProbes, everyProbeFailed: answers === 0 };
}

/** Returns the result of a probe whose records were added up one by one, with their sum as its value. */
function holding<T>(probed: Probed<null>, value: T): Probed<T> {
  return probed.kind === 'done' ? { ...probed, value } : probed;
}

/** Returns a successful probe as failed if there is a reason to doubt its result. */
function unless<T>(doubt: string | null, probed: Probed<T>): Probed<T> {
  return doubt === null || probed.kind === 'failed' ? probed : { kind: 'failed', reason: doubt };
}

function probedAt<T>(probed: readonly Probed<T>[], index: number): Probed<T> {
  return probed[index] ?? { kind: 'failed', reason: 'the probe did not run' };
}

function byName<T>(pairs: readonly (readonly [string, T | null])[]): Map<string, T> {
  return new Map(pairs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])));
}

/** Logs the counts of each probe, one line each, as the earlier collectors did. */
function report(findings: Findings, system: BatchSystem, log: Log): void {
  const { nodes, jobs, queues, reservations, loginNodes, filesystems } = findings;
  if (nodes) {
    for (const [name, { total, available }] of Object.entries(nodes.byClass)) {
      if (total > 0) log.info(`  ${name.toUpperCase()} nodes: ${total} total, ${available} available`);
    }
  }
  if (jobs) log.info(`  Jobs: ${jobs.running} running, ${jobs.pending} pending, ${jobs.held} held`);
  if (queues) log.info(`  Queues: ${queues.length} tracked`);
  const { missing } = configuredQueues(system, queues);
  if (missing.length > 0) {
    log.warn(
      `queues: ${missing.join(', ')} not found in the scheduler and not sent: correct queues in ${system.system_name}.yaml`,
    );
  }
  if (reservations) log.info(`  Reservations: ${reservations.length}`);
  log.info(`  Login nodes: ${available(loginNodes, log)}/${system.login_nodes.length} available`);
  log.info(`  Filesystems: ${available(filesystems, log)}/${system.filesystems.length} available`);
}

/** True if the value of a probe means that its login node, mount or hub is unavailable. */
export function isUnavailable(value: unknown): value is UnavailablePart {
  return typeof value === 'object' && value !== null && 'unavailable' in value;
}

/** Returns the number of available ones, and logs the others. */
function available(found: ReadonlyMap<string, object | UnavailablePart>, log: Log): number {
  let count = 0;
  for (const [name, value] of found) {
    if (isUnavailable(value)) log.warn(`${name} is unavailable: ${printable(value.unavailable)}`);
    else count += 1;
  }
  return count;
}
