import { z } from 'zod';
import type { Entry } from '../outbox/entry.ts';
import { jsonBody } from '../outbox/json-body.ts';
import type { Outbox } from '../outbox/outbox.ts';

const count = z.number().nonnegative();
const counts = Object.fromEntries(
  ['cpu_nodes', 'gpu_nodes', 'viz_nodes', 'compute_nodes', 'nodes'].flatMap((nodes) => [
    [`${nodes}_total`, count.nullish().catch(null)],
    [`${nodes}_down`, count.nullish().catch(null)],
  ]),
);

/** The part of a snapshot that rules use; what is missing was not measured. */
const seen = z.object({
  login_nodes: z
    .array(z.object({ node_name: z.string(), available: z.boolean() }))
    .optional()
    .catch(undefined),
  filesystems: z
    .array(z.object({ filesystem_name: z.string(), available: z.boolean() }))
    .optional()
    .catch(undefined),
  available: z.boolean().optional().catch(undefined),
});
const nodeCounts = z.object(counts);

/** A snapshot as rules use it. */
export type ObservedSnapshot = z.output<typeof seen> & {
  /** The sequence number of its entry. */
  readonly sequence: number;
  readonly at: Date;
  readonly failedProbes: readonly string[];
  /** Nodes of all classes; null if there are none, or if their probe failed and the counts are repeated. */
  readonly nodes: { readonly total: number; readonly down: number } | null;
};

/** Returns the newest snapshots of a stream since a time, oldest first, at most `limit`. */
export function observations(
  outbox: Outbox,
  stream: string,
  since: Date,
  now: Date,
  limit: number,
): ObservedSnapshot[] {
  return outbox
    .since(stream, since)
    .filter((entry) => entry.collectedAt <= now)
    .slice(0, limit)
    .flatMap((entry) => observationOf(outbox, entry) ?? [])
    .reverse();
}

function observationOf(outbox: Outbox, entry: Entry): ObservedSnapshot | null {
  const body = jsonBody(outbox, entry);
  if (!body) return null;
  const { failedProbes, sequence, collectedAt: at } = entry;
  return {
    ...seen.parse(body),
    sequence,
    at,
    failedProbes,
    nodes: failedProbes.includes('nodes') ? null : nodesOf(body),
  };
}

/** Sums the nodes of all classes; hubs have only one sum. */
function nodesOf(body: Readonly<Record<string, unknown>>): ObservedSnapshot['nodes'] {
  const found = nodeCounts.parse(body) as Readonly<Record<string, number | null | undefined>>;
  for (const classes of [['cpu_nodes', 'gpu_nodes', 'viz_nodes'], ['compute_nodes'], ['nodes']]) {
    const sum = (what: string) => classes.reduce((all, nodes) => all + (found[`${nodes}_${what}`] ?? 0), 0);
    const total = sum('total');
    if (total > 0) return { total, down: sum('down') };
  }
  return null;
}
