import type { NodeRecord, NodeState } from '../lib/records.ts';
import { gibibytesOf } from './memory.ts';
import type { PbsRecord } from './values.ts';
import { countOf, isObject, listOf, memberInLowerCase, memberNamed, textOf } from './values.ts';

/** The fields of `pbsnodes -aj -F json` that are read. */
export const nodeFields: ReadonlySet<string> = new Set(['state', 'jobs', 'resources_available', 'resources_assigned']);

/** Which part of a node's combined state decides; the first that matches wins (`offline,job-busy` is down). */
const states: readonly (readonly [RegExp, NodeState])[] = [
  [/offline|down|unknown|stale|unresolvable/, 'down'],
  [/resv/, 'reserved'],
  [/job-busy|job-exclusive/, 'allocated'],
  [/free|idle/, 'available'],
];

/** One node; a string says what is wrong with the record. */
export function parseNode(record: PbsRecord): NodeRecord | string {
  const { fields } = record;
  const state = textOf(fields.get('state'));
  if (state === null) return 'has no state';
  const available = fields.get('resources_available');
  if (!isObject(available)) return 'has no resources_available';
  const assigned = fields.get('resources_assigned');

  const cores = countOf(memberNamed(available, 'ncpus'));
  const gpus = countOf(memberNamed(available, 'ngpus'));
  const memory = memoryOf(memberNamed(available, 'mem'));
  const coresAllocated = countOf(memberNamed(assigned, 'ncpus'));
  const gpusAllocated = countOf(memberNamed(assigned, 'ngpus'));
  const memoryAllocated = memoryOf(memberNamed(assigned, 'mem'));
  if (cores === null || coresAllocated === null) return 'ncpus is no count';
  if (gpus === null || gpusAllocated === null) return 'ngpus is no count';
  if (memory === null || memoryAllocated === null) return 'mem is no size';

  return {
    name: record.id,
    state: states.find(([pattern]) => pattern.test(state))?.[1] ?? 'other',
    cores,
    coresAllocated,
    gpus,
    gpusAllocated,
    memoryGib: memory,
    memoryAllocatedGib: memoryAllocated,
    jobs: [...new Set(listOf(fields.get('jobs')))],
    // Looked for when a rule asks: of a dozen resources one or two are asked for.
    resources: { get: (name) => textOf(memberInLowerCase(available, name)) ?? undefined },
  };
}

function memoryOf(raw: string | undefined): number | null {
  if (raw === undefined) return 0;
  const text = textOf(raw);
  return text === null ? null : gibibytesOf(text);
}
