import type { OutageRules } from '../config/outage-rules.ts';
import { type Severity, severities } from '../snapshot/limits.ts';
import type { Measurement } from './hysteresis.ts';
import type { ObservedSnapshot } from './observation.ts';

/** The title and severity of an outage that a rule found. */
export type DetectedProblem = { readonly title: string; readonly severity: Severity };

/** A rule that detects one kind of problem in snapshots. */
export type Rule = {
  readonly name: 'login_nodes' | 'nodes_down' | 'filesystems' | 'jupyterhub';
  isOn(rules: OutageRules): boolean;
  /** Returns the reading of each component that a snapshot measured, by name. */
  read(observation: ObservedSnapshot, rules: OutageRules): ReadonlyMap<string, Measurement>;
  /** True if a thing that is missing from a snapshot may still exist: its probe failed. */
  mayBeThere(thing: string, observation: ObservedSnapshot): boolean;
  /** Returns the component of a thing; each component has one outage. */
  componentOf(thing: string): string;
  /**
   * Describes the outage. `affected` are the things of one component, `everywhere` those of the whole system; `newest`
   * is the newest bad observation.
   */
  find(affected: readonly string[], everywhere: readonly string[], newest: ObservedSnapshot): DetectedProblem;
};

const failed = (observation: ObservedSnapshot, probe: string) =>
  observation.failedProbes.some((name) => name === probe || name === `${probe} (partial)`);
const readingOf = (isGood: boolean): Measurement => (isGood ? 'good' : 'bad');

export const rules: readonly Rule[] = [
  {
    name: 'login_nodes',
    isOn: ({ login_nodes }) => login_nodes,
    read: ({ login_nodes = [] }) =>
      new Map(login_nodes.map(({ node_name, available }) => [node_name, readingOf(available)])),
    mayBeThere: (thing, observation) => failed(observation, `login_nodes/${thing}`),
    componentOf: () => 'Login nodes',
    // Title and severity are those of the example in the API guide.
    find: (affected) => ({
      title: shortened(`Login nodes unavailable: ${affected.join(', ')}`),
      severity: affected.length > 1 ? 'major' : 'minor',
    }),
  },
  {
    name: 'filesystems',
    isOn: ({ filesystems }) => filesystems,
    read: ({ filesystems = [] }) =>
      new Map(filesystems.map(({ filesystem_name, available }) => [filesystem_name, readingOf(available)])),
    mayBeThere: (thing, observation) => failed(observation, `filesystems/${thing}`),
    componentOf: (thing) => `Filesystem ${thing}`,
    find: ([name = ''], everywhere, { filesystems = [] }) => ({
      title: `Filesystem unavailable: ${name}`,
      severity: filesystems.length > 1 && everywhere.length >= filesystems.length ? 'critical' : 'major',
    }),
  },
  {
    name: 'nodes_down',
    isOn: ({ nodes_down }) => nodes_down !== null,
    read: ({ nodes }, { nodes_down }) =>
      new Map(nodes && nodes_down !== null ? [['nodes', readingOf(percentDown(nodes) < nodes_down)]] : []),
    // Nodes always exist, or none are counted.
    mayBeThere: () => true,
    componentOf: () => 'Compute nodes',
    find: (_, __, { nodes }) => {
      const { total, down } = nodes ?? { total: 0, down: 0 };
      const percent = percentDown({ total, down });
      return {
        title: `${Math.round(percent)} % of the compute nodes are down (${down} of ${total})`,
        severity: percent >= 50 ? 'critical' : percent >= 25 ? 'major' : 'minor',
      };
    },
  },
  {
    name: 'jupyterhub',
    isOn: ({ jupyterhub }) => jupyterhub,
    // A hub that is up although a probe failed was measured; repeated values were not.
    read: ({ available, failedProbes }) =>
      new Map(available === undefined || failedProbes.includes('hub') ? [] : [['hub', readingOf(available)]]),
    mayBeThere: () => true,
    componentOf: () => 'JupyterHub',
    find: () => ({ title: 'JupyterHub does not answer', severity: 'major' }),
  },
];

/** Returns the worse of two severities. */
export function worse(one: Severity, other: Severity): Severity {
  return severities.indexOf(one) <= severities.indexOf(other) ? one : other;
}

function percentDown({ total, down }: { readonly total: number; readonly down: number }): number {
  return total === 0 ? 0 : (down / total) * 100;
}

/** Shortens a title to the maximum length of the API. */
function shortened(title: string): string {
  const characters = [...title];
  return characters.length <= 255 ? title : `${characters.slice(0, 254).join('')}…`;
}
