import { z } from 'zod';

const snapshots = z.int().min(1).max(12);

/**
 * `outage_rules`: what makes an outage, and how sure one must be. Of the last so many snapshots `bad` open one, and `good`
 * resolve it; both at once must not hold.
 */
export const outageRules = z
  .strictObject({
    snapshots: snapshots.default(3),
    bad: snapshots.default(2),
    good: snapshots.default(3),
    login_nodes: z.boolean().default(true),
    filesystems: z.boolean().default(true),
    jupyterhub: z.boolean().default(true),
    /** Percent of a system's nodes; null for never. */
    nodes_down: z.number().gt(0).max(100).nullable().default(10),
  })
  .refine(({ snapshots, bad, good }) => Math.max(bad, good) <= snapshots, 'bad and good must be at most snapshots')
  .refine(({ snapshots, bad, good }) => bad + good > snapshots, 'bad and good together must be more than snapshots')
  .prefault({});

export type OutageRules = z.output<typeof outageRules>;
