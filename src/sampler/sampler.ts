import type { JobGroups } from './groups.ts';
import type { JobProcess } from './processes.ts';

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

/** The data of one sampler: an object, as the outputs write it. */
export type Data = { readonly [name: string]: Json };

/** The input of a sampler: the job's processes and control groups at one time. */
export type JobObservation = {
  readonly processes: readonly JobProcess[];
  readonly groups: JobGroups;
  /** In seconds since 1970. */
  readonly at: number;
};

/** Measures one aspect of a job. */
export type Sampler = {
  /** The name in the output, such as `sams.sampler.Core`. */
  readonly id: string;
  readonly intervalSeconds: number;
  /** True to sample more often at the start of a job, because what it measures is gone when the job has ended. */
  readonly isShortAtStart: boolean;
  /** Measures; returns the current data, null if there are none yet. */
  sample(observation: JobObservation): Promise<Data | null>;
  /** Returns the data of the whole job. It is called after the last `sample`. */
  final(): Data;
  /** Returns everything that a sampler in a later process needs to go on, as a value that JSON can hold. */
  state(): unknown;
};

/** Makes a sampler from the state of an earlier process of the same job; undefined without one. */
export type SamplerFactory = (state: unknown) => Sampler;
