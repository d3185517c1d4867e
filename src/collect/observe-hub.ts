import type { HubSystem } from '../config/hub.ts';
import type { Executor } from '../exec/command.ts';
import { probeHubNodes, probeMetrics, probeUsers } from '../jupyterhub/probes.ts';
import type { Log } from '../lib/log.ts';
import { printable } from '../lib/text.ts';
import { buildHubPayload, type HubFindings, sessionFields } from '../snapshot/hub-payload.ts';
import { hubSnapshotSchema } from '../snapshot/hub-schema.ts';
import { noSessions, rollUpSessions } from '../snapshot/sessions.ts';
import { validateBy } from '../snapshot/validate.ts';
import type { Observation, Probing } from './observation.ts';
import { isUnavailable } from './probe-cluster.ts';
import { Outcomes } from './probe-outcomes.ts';

/**
 * Runs the probes of a hub: users, and nodes and metrics if configured. A hub that is down counts as a successful probe
 * without users, because the snapshot reports the hub itself. Returns null if `signal` is aborted.
 */
export async function observeHub(
  system: HubSystem,
  { executor, signal }: Probing,
  log: Log,
): Promise<Observation | null> {
  const outcomes = new Outcomes(log);
  const { nodes_command } = system;
  const [{ users, metrics }, nodesProbed] = await Promise.all([
    askHub(system, executor),
    nodes_command ? probeHubNodes(system, nodes_command, executor) : null,
  ]);

  if (signal.aborted) return null;
  const found = outcomes.settle('hub', users.probed);
  if (isUnavailable(found)) log.warn(`the hub is unavailable: ${printable(found.unavailable)}`);
  const rules = system.session_rules;
  const sessions = found === null ? null : isUnavailable(found) ? noSessions(rules) : rollUpSessions(found, rules);
  if (sessions?.classes === null) {
    const reason = "the hub does not show its servers' state: give the token the scope admin:server_state";
    outcomes.settle('session_classes', { kind: 'failed', reason });
  }
  const findings: HubFindings = {
    available: users.answers,
    sessions,
    nodes: nodesProbed && outcomes.settle('nodes', nodesProbed),
    utilization: metrics && outcomes.settle('metrics', metrics),
  };
  const failedProbes = outcomes.report();
  report(findings, log);

  const zeros = sessionFields(noSessions(rules));
  return {
    failedProbes,
    everyProbeFailed: findings.sessions === null && findings.nodes === null && findings.utilization === null,
    missing: sessions === null ? [{ probe: 'hub', fields: ['available', ...Object.keys(zeros)], zeros }] : [],
    snapshot: (time, repeated) =>
      validateBy(hubSnapshotSchema, buildHubPayload(system.system_name, findings, time, repeated)),
  };
}

/** Probes the users, and the metrics if the hub answers. */
async function askHub(system: HubSystem, executor: Executor) {
  const users = await probeUsers(system, executor);
  const wantsMetrics = users.answers === true && Object.keys(system.metrics).length > 0;
  return { users, metrics: wantsMetrics ? await probeMetrics(system, executor) : null };
}

function report({ sessions, nodes }: HubFindings, log: Log): void {
  if (sessions) {
    log.info(`  Sessions: ${sessions.sessions} of ${sessions.users} users`);
    for (const [name, count] of sessions.classes ?? []) log.info(`  ${name}: ${count}`);
  }
  if (nodes) log.info(`  Nodes: ${nodes.length}, ${nodes.filter(({ state }) => state === 'down').length} down`);
}
