import { idleOf, type NodeRecord } from '../lib/records.ts';
import { gpusIn, resourcesIn } from './gres.ts';
import { gibibytesOf } from './memory.ts';
import { nodeStateOf } from './node-state.ts';
import { given, type Row } from './rows.ts';

/** The fields that are read from `sinfo -N`. `Reason` and `Comment` are left out, because they are free text. */
export const nodeFields = [
  'NodeList',
  'PartitionName',
  'StateComplete',
  'CPUsState',
  'Memory',
  'AllocMem',
  'Gres',
  'GresUsed',
  'Features',
] as const;

type NodeRow = Row<(typeof nodeFields)[number]>;

/** Collects nodes, each once. sinfo prints one line for each node and partition. */
export class NodesByName {
  readonly #nodes = new Map<string, { readonly node: NodeRecord; readonly partitions: string[] }>();

  /** Adds a line of sinfo. Returns a string with the error if the line is wrong. */
  add(row: NodeRow): string | undefined {
    const name = row('NodeList');
    const known = this.#nodes.get(name);
    if (known) {
      known.partitions.push(row('PartitionName'));
      return undefined;
    }
    const partitions = [row('PartitionName')];
    const node = parseNode(row, partitions);
    if (typeof node === 'string') return node;
    this.#nodes.set(name, { node, partitions });
    return undefined;
  }

  *[Symbol.iterator](): Generator<NodeRecord> {
    for (const { node } of this.#nodes.values()) yield node;
  }
}

/** Parses one node. Returns a string with the error if the line is wrong. */
function parseNode(row: NodeRow, partitions: readonly string[]): NodeRecord | string {
  const [, allocated, total] = /^(\d{1,9})\/\d+\/\d+\/(\d{1,9})$/.exec(row('CPUsState')) ?? [];
  const memory = gibibytesOf(row('Memory'));
  const memoryAllocated = gibibytesOf(given(row('AllocMem')) ?? '0');
  const gpus = gpusIn(row('Gres'));
  const gpusUsed = gpusIn(row('GresUsed'));
  if (row('NodeList') === '') return 'has no name';
  if (row('StateComplete') === '') return 'has no state';
  if (allocated === undefined || total === undefined) return 'has no count of CPUs';
  if (memory === null || memoryAllocated === null) return 'has no amount of memory';
  if (gpus === null || gpusUsed === null) return 'has no count of GPUs';
  const state = nodeStateOf(row('StateComplete'));
  return {
    name: row('NodeList'),
    state,
    cores: Number(total),
    coresAllocated: Number(allocated),
    coresIdle: idleOf(Number(total), Number(allocated), state !== 'down'),
    gpus: gpus.count,
    gpusAllocated: gpusUsed.count,
    gpusIdle: idleOf(gpus.count, gpusUsed.count, state !== 'down'),
    memoryGib: memory,
    memoryAllocatedGib: memoryAllocated,
    // Slurm lists the nodes of a job with the job.
    jobs: [],
    resources: resourcesOf(row, gpus, partitions),
  };
}

/** Returns the resources that node rules can test. They are computed late, because later lines add partitions. */
function resourcesOf(
  row: NodeRow,
  { count, types }: { readonly count: number; readonly types: readonly string[] },
  partitions: readonly string[],
): NodeRecord['resources'] {
  const resources: Readonly<Record<string, () => string | null>> = {
    ngpus: () => (count > 0 ? String(count) : null),
    gpu_type: () => types.join(','),
    gres: () => resourcesIn(row('Gres')).join(','),
    features: () => given(row('Features')),
    partitions: () => partitions.join(','),
  };
  return { get: (name) => (Object.hasOwn(resources, name) ? resources[name]?.() || undefined : undefined) };
}
