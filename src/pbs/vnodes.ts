import type { NodeRecord, NodeState } from '../lib/records.ts';
import type { PbsRecord } from './values.ts';
import { memberNamed, membersOf, textOf } from './values.ts';

const various = '<various>';

/** Returns the host of a record of pbsnodes. The record of a host and the records of its vnodes have the same host. */
export function hostOf({ id, fields }: PbsRecord): string {
  return textOf(memberNamed(fields.get('resources_available'), 'host')) ?? id;
}

/**
 * True if the vnodes of a host differ in state or resources. `pbsnodes -a` adds up numbers and prints `<various>` for other
 * values that differ, also for the state. Ignores the resource `vnode`, because the names of the vnodes always differ.
 */
export function hasDifferingVnodes({ fields }: PbsRecord): boolean {
  if (textOf(fields.get('state')) === various) return true;
  return ['resources_available', 'resources_assigned'].some((name) => {
    const resources = fields.get(name);
    // Cheaper than reading the members: hardly any host has such a value.
    if (typeof resources !== 'object' || !resources.text.includes('various')) return false;
    return [...(membersOf(resources) ?? [])].some(
      ([resource, value]) => resource !== 'vnode' && textOf(value) === various,
    );
  });
}

/** Combines the vnodes of one host into one node. */
export function nodeOfVnodes(name: string, vnodes: readonly NodeRecord[]): NodeRecord {
  const sum = (value: (vnode: NodeRecord) => number) => vnodes.reduce((total, vnode) => total + value(vnode), 0);
  const cores = sum((vnode) => vnode.cores);
  const gpus = sum((vnode) => vnode.gpus);
  return {
    name,
    state: stateOf(vnodes),
    cores,
    coresAllocated: sum((vnode) => vnode.coresAllocated),
    coresIdle: sum((vnode) => vnode.coresIdle),
    gpus,
    gpusAllocated: sum((vnode) => vnode.gpusAllocated),
    gpusIdle: sum((vnode) => vnode.gpusIdle),
    memoryGib: sum((vnode) => vnode.memoryGib),
    memoryAllocatedGib: sum((vnode) => vnode.memoryAllocatedGib),
    jobs: [...new Set(vnodes.flatMap((vnode) => vnode.jobs))],
    resources: {
      get: (resource) => {
        if (resource === 'ncpus') return String(cores);
        if (resource === 'ngpus') return String(gpus);
        const values = new Set(vnodes.flatMap((vnode) => vnode.resources.get(resource)?.split(',') ?? []));
        return values.size === 0 ? undefined : [...values].join(',');
      },
    },
  };
}

/** Returns the state of a host: available if a core is free, down only if all vnodes are down. */
function stateOf(vnodes: readonly NodeRecord[]): NodeState {
  // Ignore the vnode of the host itself if it has no resources: its state is then always free.
  const withResources = vnodes.filter(({ cores, gpus }) => cores > 0 || gpus > 0);
  const counted = withResources.length > 0 ? withResources : vnodes;
  const hasState = (state: NodeState) => counted.some((vnode) => vnode.state === state);
  if (counted.every(({ state }) => state === 'down')) return 'down';
  const isFree = ({ state, cores, coresIdle }: NodeRecord) => state === 'available' && (cores === 0 || coresIdle > 0);
  if (counted.some(isFree)) return 'available';
  if (hasState('reserved')) return 'reserved';
  return hasState('allocated') || hasState('available') ? 'allocated' : 'other';
}
