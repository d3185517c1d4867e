import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { deliverTo } from './destinations.ts';
import { absolutePath } from './fields.ts';

/** `samples:` of `collector.yaml`: the files that `sample` writes on compute nodes. Absent: there are none. */
export const samplesSettings = z
  .strictObject({
    /** Compute nodes and this host share it. `run` stores the files and deletes them. */
    spool: absolutePath.describe('directory with the files that `sample` wrote on compute nodes'),
    /** The receiver knows the jobs of the cluster by this name. */
    cluster_name: z.string().refine(isClusterName, clusterNameRule).describe('name of their cluster'),
    deliver_to: deliverTo.default(['sams']).describe('destinations of kind `sams`'),
  })
  .optional();

export type SamplesSettings = NonNullable<z.output<typeof samplesSettings>>;
