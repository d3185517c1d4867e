import { until } from '../until.ts';
import type { Cluster } from './cluster.ts';
import { type Ended, finishJobs, submitJobsThatEnd } from './jobs-that-end.ts';
import { type Living, submitJobsThatStay } from './jobs-that-stay.ts';
import { nodeStates, troubleNodes } from './nodes.ts';

/** What there is once everything has happened; jobs by number. */
export type Scenario = {
  /** Jobs that have ended, and stay as they are. */
  readonly ended: Ended;
  /** Jobs that run or wait for as long as the cluster lives. */
  readonly living: Living;
};

/**
 * Lets jobs of every end state run, brings nodes into every trouble, and leaves jobs that run and wait. Resolves when
 * nothing moves any more, and the accounting knows every end.
 */
export async function runScenario(cluster: Cluster): Promise<Scenario> {
  const submitted = await submitJobsThatEnd(cluster);
  const living = await submitJobsThatStay(cluster);
  const ended = await finishJobs(cluster, submitted);
  troubleNodes(cluster);
  await until(() => areInTrouble(cluster), 'the nodes are in trouble', 120);
  return { ended, living };
}

function areInTrouble(cluster: Cluster): boolean {
  const lines = cluster.run(['sinfo', '--all', '--noheader', '--Node', '--format=%N %t']).trim().split('\n');
  const states = new Map(lines.map((line) => line.split(' ')).map(([node, state]) => [node, state]));
  return Object.entries(nodeStates).every(([node, state]) => states.get(node) === state);
}
