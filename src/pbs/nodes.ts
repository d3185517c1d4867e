import { type Damages, idleOf, type NodeRecord, type NodeState } from '../lib/records.ts';
import { gibibytesOf } from './memory.ts';
import type { PbsRecord } from './values.ts';
import { countOf, isAbsent, isObject, listOf, memberInLowerCase, memberNamed, textOf } from './values.ts';

/** The fields of `pbsnodes -aj -F json` to read. */
export const nodeFields: ReadonlySet<string> = new Set(['state', 'jobs', 'resources_available', 'resources_assigned']);

type Place = { readonly state: NodeState; readonly takesJobs: boolean };

/** Patterns for a node's combined state. The first match decides (`offline,job-busy` is down). */
const places: readonly (readonly [RegExp, Place])[] = [
  [/offline|down|unknown|stale|unresolvable/, { state: 'down', takesJobs: false }],
  // Admin-suspended jobs take their node out of service (qsig(1B), "admin-suspend").
  [/maintenance/, { state: 'reserved', takesJobs: false }],
  [/resv/, { state: 'reserved', takesJobs: true }],
  [/job-busy|job-exclusive/, { state: 'allocated', takesJobs: true }],
  // The load of the node is over $max_load (pbs_mom(8B)).
  [/busy/, { state: 'other', takesJobs: false }],
  [/free|idle/, { state: 'available', takesJobs: true }],
];

function placeOf(state: string): Place {
  return places.find(([pattern]) => pattern.test(state))?.[1] ?? { state: 'other', takesJobs: true };
}

/** Returns the state that a node's combined state counts as. */
export function nodeStateOf(state: string): NodeState {
  return placeOf(state).state;
}

/**
 * Parses one node or vnode. Returns a string with the error if the record is wrong. Counts memory that cannot be read as 0
 * and adds it to `damaged`.
 */
export function parseNode(record: PbsRecord, damaged: Damages): NodeRecord | string {
  const { fields } = record;
  const stateText = textOf(fields.get('state'));
  if (stateText === null) return 'has no state';
  const { state, takesJobs } = placeOf(stateText);
  // A node that never answered has no resources.
  const available = fields.get('resources_available');
  if (!isAbsent(available) && !isObject(available)) return 'resources_available is not an object';
  const assigned = fields.get('resources_assigned');

  const cores = countOf(memberNamed(available, 'ncpus'));
  const gpus = countOf(memberNamed(available, 'ngpus'));
  const coresAllocated = countOf(memberNamed(assigned, 'ncpus'));
  const gpusAllocated = countOf(memberNamed(assigned, 'ngpus'));
  if (cores === null || coresAllocated === null) return 'ncpus is not a count';
  if (gpus === null || gpusAllocated === null) return 'ngpus is not a count';
  const memory = memoryOf(memberNamed(available, 'mem'));
  const memoryAllocated = memoryOf(memberNamed(assigned, 'mem'));
  const hasMemory = memory !== null && memoryAllocated !== null;
  if (!hasMemory) {
    damaged.add({ record: record.id, byte: record.byte, problem: 'mem is not a size, so its memory is not counted' });
  }

  return {
    name: record.id,
    state,
    cores,
    coresAllocated,
    coresIdle: idleOf(cores, coresAllocated, takesJobs),
    gpus,
    gpusAllocated,
    gpusIdle: idleOf(gpus, gpusAllocated, takesJobs),
    memoryGib: hasMemory ? memory : 0,
    memoryAllocatedGib: hasMemory ? memoryAllocated : 0,
    jobs: [...new Set(listOf(fields.get('jobs')))],
    // Search when a rule needs a resource, because rules use only one or two of a dozen.
    resources: { get: (name) => textOf(memberInLowerCase(available, name)) ?? undefined },
  };
}

function memoryOf(raw: string | undefined): number | null {
  if (raw === undefined) return 0;
  const text = textOf(raw);
  return text === null ? null : gibibytesOf(text);
}
