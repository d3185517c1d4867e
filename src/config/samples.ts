import { z } from 'zod';
import { clusterNameRule, isClusterName } from '../lib/cluster-name.ts';
import { deliverTo } from './destinations.ts';
import { absolutePath } from './fields.ts';

/** `samples:` of `collector.yaml`: the files that `sample` writes on compute nodes. Absent: there are none. */
export const samplesSettings = z
  .strictObject({
    /** The directory with the files, which compute nodes and this host share. `run` stores them and deletes them. */
    spool: absolutePath,
    /** The name of the cluster, by which the receiver knows its jobs. */
    cluster_name: z.string().refine(isClusterName, clusterNameRule),
    /** The destinations of the files, of kind `sams`. */
    deliver_to: deliverTo.default(['sams']),
  })
  .optional();

export type SamplesSettings = NonNullable<z.output<typeof samplesSettings>>;
