import type { BatchSystem, NodeHardware } from '../config/system.ts';
import type { NodeRecord } from '../lib/records.ts';
import { classify, isTypeOf, type NodeClass } from './classify.ts';
import { cutName } from './limits.ts';
import { percent, rounded } from './numbers.ts';

type NodeCounts = { total: number; available: number; down: number; reserved: number; allocated: number };
type Amounts = { total: number; allocated: number; idle: number };
type TypeCounts = NodeCounts & {
  /** GPUs of nodes that have any, otherwise cores. */
  capacity: number;
  used: number;
  /** GiB. */
  memory: number;
  memoryUsed: number;
  /** The different hardware of its nodes, by the hardware as JSON, each with its number of nodes. */
  readonly hardware: Map<string, { readonly of: NodeHardware; nodes: number }>;
};

/** The totals of the nodes of a system. */
export type NodeRollup = {
  readonly all: NodeCounts;
  readonly byClass: Readonly<Record<NodeClass, NodeCounts>>;
  readonly cores: Amounts;
  readonly gpus: Readonly<Record<NodeClass, Amounts>>;
  /** GiB. */
  readonly memory: Omit<Amounts, 'idle'>;
  readonly byType: Map<string, TypeCounts>;
  /** The hosts of each running array, by the id before the brackets: `73` for `73[4].server`. */
  readonly hostsByArray: Map<string, Set<string>>;
};

const noNodes = (): NodeCounts => ({ total: 0, available: 0, down: 0, reserved: 0, allocated: 0 });
const nothing = (): Amounts => ({ total: 0, allocated: 0, idle: 0 });

export function emptyNodes(): NodeRollup {
  return {
    all: noNodes(),
    byClass: { cpu: noNodes(), gpu: noNodes(), viz: noNodes() },
    cores: nothing(),
    gpus: { cpu: nothing(), gpu: nothing(), viz: nothing() },
    memory: { total: 0, allocated: 0 },
    byType: new Map(),
    hostsByArray: new Map(),
  };
}

/** Adds one node to the totals. */
export function addNode(rollup: NodeRollup, node: NodeRecord, system: Pick<BatchSystem, 'node_rules'>): void {
  const { class: nodeClass, type } = classify(node, system.node_rules);
  const counts = [rollup.all, rollup.byClass[nodeClass]];
  if (type !== null) {
    const ofType = rollup.byType.get(type) ?? noneOfType();
    rollup.byType.set(type, ofType);
    counts.push(ofType);
    const hasGpus = node.gpus > 0;
    ofType.capacity += hasGpus ? node.gpus : node.cores;
    ofType.used += hasGpus ? node.gpusAllocated : node.coresAllocated;
    ofType.memory += node.memoryGib;
    ofType.memoryUsed += node.memoryAllocatedGib;
    addHardware(ofType, node);
  }
  for (const count of counts) {
    count.total += 1;
    if (node.state !== 'other') count[node.state] += 1;
  }
  addAmount(rollup.cores, { total: node.cores, allocated: node.coresAllocated, idle: node.coresIdle });
  addAmount(rollup.gpus[nodeClass], { total: node.gpus, allocated: node.gpusAllocated, idle: node.gpusIdle });
  rollup.memory.total += node.memoryGib;
  rollup.memory.allocated += node.memoryAllocatedGib;
  for (const job of node.jobs) {
    const array = arrayOf(job);
    if (array === null) continue;
    const hosts = rollup.hostsByArray.get(array) ?? new Set();
    rollup.hostsByArray.set(array, hosts.add(node.name));
  }
}

function noneOfType(): TypeCounts {
  return { ...noNodes(), capacity: 0, used: 0, memory: 0, memoryUsed: 0, hardware: new Map() };
}

/** Counts the hardware of a node. Skips a node without cores, because a node that is down can report no hardware. */
function addHardware({ hardware }: TypeCounts, node: NodeRecord): void {
  if (node.cores === 0) return;
  const of = {
    cores_per_node: node.cores,
    memory_gb_per_node: Math.round(node.memoryGib),
    ...(node.gpus > 0 ? { gpus_per_node: node.gpus, gpu_model: gpuModelOf(node) } : {}),
  };
  const key = JSON.stringify(of);
  const same = hardware.get(key) ?? { of, nodes: 0 };
  hardware.set(key, same);
  same.nodes += 1;
}

function gpuModelOf({ resources }: NodeRecord): string | null {
  const [model] = resources.get('gpu_type')?.split(',') ?? [];
  return model ? cutName(model, 'gpu_model') : null;
}

/** Returns the hardware that most nodes of a type have. */
function commonHardware({ hardware }: TypeCounts): NodeHardware {
  return [...hardware.values()].sort((a, b) => b.nodes - a.nodes)[0]?.of ?? {};
}

function addAmount(sum: Amounts, { total, allocated, idle }: Amounts): void {
  sum.total += total;
  sum.allocated += allocated;
  sum.idle += idle;
}

/** Returns `73` for `73[4].server` and `73[].server`; null for a job that is not part of an array. */
export function arrayOf(jobId: string): string | null {
  const bracket = jobId.indexOf('[');
  return bracket < 0 ? null : jobId.slice(0, bracket);
}

/** True if a system has node types. Such a system also reports the totals of all compute nodes. */
function hasNodeTypes(system: Pick<BatchSystem, 'node_rules'>): boolean {
  return system.node_rules.some((rule) => rule.type !== undefined);
}

/**
 * Returns the payload's fields about nodes. GPUs of `viz` nodes are counted separately. Memory is in GiB and utilisation
 * in percent, both with two decimals.
 */
export function nodeFields(rollup: NodeRollup, system: Pick<BatchSystem, 'node_rules'>): Record<string, number | null> {
  const classes: NodeClass[] = system.node_rules.some((rule) => rule.class === 'viz')
    ? ['cpu', 'gpu', 'viz']
    : ['cpu', 'gpu'];
  const fields: Record<string, number | null> = {};
  for (const name of classes) {
    const { total, available, down, reserved } = rollup.byClass[name];
    fields[`${name}_nodes_total`] = total;
    fields[`${name}_nodes_available`] = available;
    fields[`${name}_nodes_down`] = down;
    fields[`${name}_nodes_reserved`] = reserved;
  }
  fields.cpu_cores_total = rollup.cores.total;
  fields.cpu_cores_allocated = rollup.cores.allocated;
  fields.cpu_cores_idle = rollup.cores.idle;
  fields.cpu_utilization_percent = percent(rollup.cores.allocated, rollup.cores.total);
  for (const name of classes.filter((other) => other !== 'cpu')) {
    const { total, allocated, idle } = rollup.gpus[name];
    fields[`${name}_count_total`] = total;
    fields[`${name}_count_allocated`] = allocated;
    fields[`${name}_count_idle`] = idle;
    fields[`${name}_utilization_percent`] = percent(allocated, total);
  }
  fields.memory_total_gb = rounded(rollup.memory.total, 2);
  fields.memory_allocated_gb = rounded(rollup.memory.allocated, 2);
  fields.memory_utilization_percent = percent(rollup.memory.allocated, rollup.memory.total);
  if (hasNodeTypes(system)) {
    fields.compute_nodes_total = rollup.all.total;
    fields.compute_nodes_available = rollup.all.available;
    fields.compute_nodes_down = rollup.all.down;
  }
  return fields;
}

/** One row of `node_types`. Utilisation counts the GPUs of nodes that have any, otherwise their cores. */
export type NodeTypeRow = NodeHardware & {
  readonly node_type: string;
  readonly nodes_total: number;
  readonly nodes_available: number;
  readonly nodes_down: number;
  readonly nodes_allocated: number;
  readonly utilization_percent: number | null;
  readonly memory_utilization_percent: number | null;
};

/**
 * Returns a row for each type that has nodes, in the order of the rules. The hardware is from YAML if it is set there,
 * otherwise from the nodes.
 */
export function nodeTypeRows(
  rollup: NodeRollup,
  system: Pick<BatchSystem, 'node_rules' | 'node_types'>,
): NodeTypeRow[] {
  const found = [...rollup.byType.keys()].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const order = new Set(system.node_rules.flatMap((rule) => found.filter((type) => isTypeOf(rule, type))));
  return [...order].flatMap((type) => {
    const counts = rollup.byType.get(type);
    if (!counts) return [];
    return [
      {
        node_type: type,
        nodes_total: counts.total,
        nodes_available: counts.available,
        nodes_down: counts.down,
        nodes_allocated: counts.allocated,
        ...(Object.hasOwn(system.node_types, type) ? system.node_types[type] : commonHardware(counts)),
        utilization_percent: percent(counts.used, counts.capacity),
        memory_utilization_percent: percent(counts.memoryUsed, counts.memory),
      },
    ];
  });
}
