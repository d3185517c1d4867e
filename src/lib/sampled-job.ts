import { z } from 'zod';

const cpu = z.object({ user: z.number().nonnegative(), system: z.number().nonnegative() });

/**
 * What the sampler of one node measured of a job, with the names of the original program (sams-collector of
 * softwareaccounting 1.10). CPU times are in seconds. Further members are kept as they are.
 */
export const sampledJobSchema = z.looseObject({
  'sams.sampler.Core': z.looseObject({
    jobid: z.union([z.int().nonnegative(), z.string().max(40)]),
    node: z.string().max(255),
  }),
  'sams.sampler.SlurmInfo': z
    .looseObject({
      account: z.string().max(255).optional(),
      username: z.string().max(255).optional(),
      partition: z.string().max(255).optional(),
    })
    .optional(),
  'sams.sampler.Software': z
    .looseObject({
      /** By the path of the program. */
      execs: z.record(z.string(), cpu),
      start_time: z.number(),
      end_time: z.number(),
      /** CPU time of the control group beyond that of the programs; absent if it is not counted. */
      untracked: cpu.optional(),
    })
    .optional(),
});

/** The name for CPU time that cannot be assigned to a program. No path looks like it. */
export const untrackedProgram = '(untracked)';

export type MeasuredJob = z.output<typeof sampledJobSchema>;
