import type { StoredOutageRow } from '../store/outages.ts';
import { numberIn } from './free.ts';
import type { ReadSnapshot } from './read-snapshot.ts';

/**
 * The states of a system. `unknown`: no snapshot for 10 minutes. Of a state that snapshots show and one that an outage
 * reports, the first in this list counts.
 */
export const systemStates = ['down', 'unknown', 'degraded', 'up'] as const;
export type SystemState = (typeof systemStates)[number];

/** After this time without a snapshot the state of a system is unknown. */
export const staleSeconds = 10 * 60;

/** The state of a system and the sentences that say why it is not `up`. */
export type StateWithReasons = { readonly state: SystemState; readonly reasons: readonly string[] };

type Finding = { readonly state: 'down' | 'degraded'; readonly reason: string };

/** Returns the state that a snapshot shows. A failed probe changes nothing: its part of the system was not measured. */
export function stateOfSnapshot(read: ReadSnapshot): StateWithReasons {
  return worst(read.kind === 'hub' ? hubFindings(read.snapshot) : batchFindings(read.snapshot));
}

/**
 * Returns the state of a system by its newest snapshot and its current outages. An outage that names a component
 * degrades the system. Without a component, critical outages and maintenance take it down.
 */
export function withOutages(shown: StateWithReasons, outages: readonly StoredOutageRow[]): StateWithReasons {
  const findings = outages.map((outage): Finding => {
    return { state: takesDown(outage) ? 'down' : 'degraded', reason: `${outage.severity}: ${outage.title}` };
  });
  const reported = worst(findings);
  const reasons = [...reported.reasons, ...shown.reasons];
  if (reported.state === 'down') return { state: 'down', reasons };
  return { state: shown.state === 'up' ? reported.state : shown.state, reasons };
}

/** True if an outage takes its whole system down. */
export function takesDown({ component, severity }: Pick<StoredOutageRow, 'component' | 'severity'>): boolean {
  return component === null && ['critical', 'maintenance'].includes(severity);
}

function worst(findings: readonly Finding[]): StateWithReasons {
  const state = findings.some((finding) => finding.state === 'down') ? 'down' : 'degraded';
  return { state: findings.length === 0 ? 'up' : state, reasons: findings.map(({ reason }) => reason) };
}

function hubFindings({ available }: { readonly available: boolean }): Finding[] {
  return available ? [] : [{ state: 'down', reason: 'The hub does not answer' }];
}

function batchFindings(snapshot: Extract<ReadSnapshot, { kind: 'batch' }>['snapshot']): Finding[] {
  const { login_nodes: loginNodes, filesystems } = snapshot;
  const noLogin = loginNodes.length > 0 && loginNodes.every(({ available }) => !available);
  const findings: Finding[] = [];
  if (noLogin) findings.push({ state: 'down', reason: 'No login node is available' });
  else {
    for (const { node_name, ...node } of loginNodes) findings.push(...partFindings(`Login node ${node_name}`, node));
  }
  for (const { filesystem_name, ...filesystem } of filesystems) {
    findings.push(...partFindings(`Filesystem ${filesystem_name}`, filesystem));
  }
  const { total, down } = computeNodes(snapshot);
  if (total > 0 && down >= total) findings.push({ state: 'down', reason: 'All compute nodes are down' });
  return findings;
}

function partFindings(name: string, part: { readonly available: boolean; readonly degraded: boolean }): Finding[] {
  if (!part.available) return [{ state: 'degraded', reason: `${name} is not available` }];
  return part.degraded ? [{ state: 'degraded', reason: `${name} is degraded` }] : [];
}

function computeNodes(snapshot: object): { total: number; down: number } {
  const sum = (field: string) =>
    ['cpu', 'gpu', 'viz', 'compute'].reduce(
      (before, kind) => before + (numberIn(snapshot, `${kind}_nodes_${field}`) ?? 0),
      0,
    );
  return { total: sum('total'), down: sum('down') };
}
