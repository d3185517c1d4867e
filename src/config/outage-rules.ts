import { z } from 'zod';

const snapshots = z.int().min(1).max(12);

/**
 * `outage_rules`: when outages open and resolve. Of the last `snapshots` snapshots, `bad` bad ones open an outage and
 * `good` good ones resolve it. The refinements make sure that both cannot be true at once.
 */
export const outageRules = z
  .strictObject({
    snapshots: snapshots.default(3).describe('number of last snapshots to consider'),
    bad: snapshots.default(2).describe('bad snapshots that open an outage'),
    good: snapshots.default(3).describe('good snapshots that resolve it'),
    login_nodes: z.boolean().default(true).describe('detect unavailable login nodes'),
    filesystems: z.boolean().default(true).describe('detect unavailable filesystems'),
    jupyterhub: z.boolean().default(true).describe('detect a hub that does not answer'),
    nodes_down: z.number().gt(0).max(100).nullable().default(10).describe('percent of nodes down; `null` turns it off'),
  })
  .refine(({ snapshots, bad, good }) => Math.max(bad, good) <= snapshots, 'bad and good must be at most snapshots')
  .refine(({ snapshots, bad, good }) => bad + good > snapshots, 'bad and good together must be more than snapshots')
  .prefault({});

export type OutageRules = z.output<typeof outageRules>;
