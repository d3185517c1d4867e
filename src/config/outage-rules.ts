import { z } from 'zod';

const snapshots = z.int().min(1).max(12);

/**
 * `outage_rules`: when outages open and resolve. Of the last `snapshots` snapshots, `bad` bad ones open an outage and
 * `good` good ones resolve it. The refinements make sure that both cannot be true at once.
 */
export const outageRules = z
  .strictObject({
    snapshots: snapshots.default(3),
    bad: snapshots.default(2),
    good: snapshots.default(3),
    login_nodes: z.boolean().default(true),
    filesystems: z.boolean().default(true),
    jupyterhub: z.boolean().default(true),
    /** Percent of the nodes of a system; null turns the rule off. */
    nodes_down: z.number().gt(0).max(100).nullable().default(10),
  })
  .refine(({ snapshots, bad, good }) => Math.max(bad, good) <= snapshots, 'bad and good must be at most snapshots')
  .refine(({ snapshots, bad, good }) => bad + good > snapshots, 'bad and good together must be more than snapshots')
  .prefault({});

export type OutageRules = z.output<typeof outageRules>;
