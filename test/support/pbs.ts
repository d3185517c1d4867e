import type { Executor } from '../../src/exec/command.ts';
import type { JobRecord, NodeRecord, Probed } from '../../src/lib/records.ts';
import { probeJobs, probeNodes } from '../../src/pbs/probes.ts';
import { type Answer, answering } from './executors.ts';
import { plainSystem } from './systems.ts';

const system = plainSystem('nasty');

/** Resources are looked for when they are asked for: these are, so that two readings of a node can be compared. */
const resourceNames = ['arch', 'build', 'cpu_type', 'gpu_type', 'host', 'mem', 'ncpus', 'ngpus', 'qlist', 'vnode'];

/** What a probe gave away, and what came of it. */
export type Given<T> = { readonly given: readonly T[]; readonly probed: Probed<null> };

export async function jobsFrom(executor: Executor): Promise<Given<JobRecord>> {
  const given: JobRecord[] = [];
  const probed = await probeJobs(system, executor, (job) => given.push(job));
  return { given, probed };
}

export async function nodesFrom(executor: Executor): Promise<Given<NodeRecord>> {
  const given: NodeRecord[] = [];
  const probed = await probeNodes(system, executor, (node) => {
    const found = resourceNames.flatMap((name) => {
      const value = node.resources.get(name);
      return value === undefined ? [] : [[name, value] as const];
    });
    given.push({ ...node, resources: new Map(found) });
  });
  return { given, probed };
}

/** The jobs of a `qstat` that prints this. */
export function jobsIn(stdout: Answer['stdout']): Promise<Given<JobRecord>> {
  return jobsFrom(answering(() => ({ stdout: stdout ?? '' })));
}

/** The nodes of a `pbsnodes` that prints this. */
export function nodesIn(stdout: Answer['stdout']): Promise<Given<NodeRecord>> {
  return nodesFrom(answering(() => ({ stdout: stdout ?? '' })));
}

/** How many records could not be read; fails where the probe did. */
export function damagedIn({ probed }: Given<unknown>): number {
  if (probed.kind === 'failed') throw new Error(probed.reason);
  return probed.damaged.count;
}
