import type { Cluster } from './cluster.ts';
import { startSlurm } from './cluster.ts';
import { runScenario, type Scenario } from './scenario.ts';

/** A cluster after its scenario. */
export type SharedSlurm = { readonly cluster: Cluster; readonly scenario: Scenario };

let shared: Promise<SharedSlurm> | undefined;

/**
 * The cluster that all test files share: started, and its scenario run, for the first that asks, which takes three
 * quarters of a minute. It ends with the test run. Whoever asks must leave it as it is; who wants to break something
 * starts one of his own, or adds to the scenario.
 */
export function sharedSlurm(): Promise<SharedSlurm> {
  shared ??= startSlurm().then(async (cluster) => ({ cluster, scenario: await runScenario(cluster) }));
  return shared;
}

/** Time for `beforeAll` to wait for it, in milliseconds. */
export const sharedSlurmTimeout = 600_000;
