import type { z } from 'zod';
import type { freeSchema } from './answers.ts';
import type { BatchSnapshot } from './schemas.ts';

/** What a batch system has free, as far as its snapshot tells. */
export type Free = Readonly<z.output<typeof freeSchema>>;

/** Returns what is free by a snapshot. A snapshot does not tell which free nodes a queue may use. */
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
