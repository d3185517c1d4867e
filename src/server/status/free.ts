import type { z } from 'zod';
import type { freeSchema } from './answers.ts';
import type { BatchSnapshot } from './schemas.ts';

/** The free cores, GPUs and nodes of a batch system; null if its snapshot does not have them. */
export type Free = Readonly<z.output<typeof freeSchema>>;

/** Returns the free cores, GPUs and nodes of a snapshot. A snapshot does not tell which free nodes a queue may use. */
export function freeIn(snapshot: BatchSnapshot): Free {
  const available = ['cpu', 'gpu', 'viz'].map((kind) => numberIn(snapshot, `${kind}_nodes_available`));
  const byKind = available.filter((nodes) => nodes !== null);
  return {
    cores: numberIn(snapshot, 'cpu_cores_idle'),
    gpus: numberIn(snapshot, 'gpu_count_idle'),
    nodes:
      byKind.length > 0 ? byKind.reduce((sum, nodes) => sum + nodes, 0) : numberIn(snapshot, 'compute_nodes_available'),
    node_types: (snapshot.node_types ?? []).map(({ node_type, nodes_available, cores_per_node, gpus_per_node }) => ({
      node_type,
      nodes: nodes_available,
      cores_per_node,
      gpus_per_node,
    })),
  };
}

/** Returns a number of a snapshot, null if it has none with that name. */
export function numberIn(snapshot: object, field: string): number | null {
  const value: unknown = Reflect.get(snapshot, field);
  return typeof value === 'number' ? value : null;
}
