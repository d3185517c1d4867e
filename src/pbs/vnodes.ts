import type { NodeRecord, NodeState } from '../lib/records.ts';
import type { PbsRecord } from './values.ts';
import { memberNamed, membersOf, textOf } from './values.ts';

const various = '<various>';

/** The host that a record of pbsnodes belongs to: a host's own record and those of its vnodes have the same. */
export function hostOf({ id, fields }: PbsRecord): string {
  return textOf(memberNamed(fields.get('resources_available'), 'host')) ?? id;
}

/**
 * True for a host whose vnodes differ in their state or resources: `pbsnodes -a` sums up what it can and prints `<various>`
 * for the rest, in the place of the state too. The names of the vnodes always differ.
 */
export function hasDifferingVnodes({ fields }: PbsRecord): boolean {
  if (textOf(fields.get('state')) === various) return true;
  return ['resources_available', 'resources_assigned'].some((name) => {
    const members = membersOf(fields.get(name)) ?? [];
    return [...members].some(([resource, value]) => resource !== 'vnode' && textOf(value) === various);
  });
}

/** The vnodes of one host as one node. */
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

/** A host with a free core is available, and one is down only if all its vnodes are. */
function stateOf(vnodes: readonly NodeRecord[]): NodeState {
  // The vnode that stands for the host itself may have no resources, and is free then whatever the others are.
  const withResources = vnodes.filter(({ cores, gpus }) => cores > 0 || gpus > 0);
  const counted = withResources.length > 0 ? withResources : vnodes;
  const hasState = (state: NodeState) => counted.some((vnode) => vnode.state === state);
  if (counted.every(({ state }) => state === 'down')) return 'down';
  const isFree = ({ state, cores, coresIdle }: NodeRecord) => state === 'available' && (cores === 0 || coresIdle > 0);
  if (counted.some(isFree)) return 'available';
  if (hasState('reserved')) return 'reserved';
  return hasState('allocated') || hasState('available') ? 'allocated' : 'other';
}
