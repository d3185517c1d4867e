import { z } from 'zod';
import { jobRunSchema } from '../usage/answers.ts';

// The forms of the answers about sampled jobs. The OpenAPI document and the types of the dashboard are made of them.

const seconds = z.number().min(0).describe('Seconds of CPU time');
const bytes = z.number().min(0).describe('Bytes');
const percent = z.number().min(0);
const cpuTime = { user_seconds: seconds, system_seconds: seconds };

const programSchema = z.object({ path: z.string(), ...cpuTime });

/** The usage of the programs of a job on all its nodes. */
const softwareSchema = z.object({
  software: z.array(programSchema).readonly().describe('Those that used most first'),
  untracked: z
    .object(cpuTime)
    .nullable()
    .describe('Usage that cannot be assigned to a program; null if no node counted it'),
});

/** The answer with the programs of a job alone. */
export const jobSoftwareSchema = softwareSchema.extend({
  cluster: z.string(),
  job_id: z.string(),
  nodes: z.array(z.object({ node: z.string(), received_at: z.string() })).readonly(),
});

/** The mean usage of a GPU. */
const gpuSchema = z.object({
  index: z.string(),
  utilisation_percent: percent.nullable(),
  memory_percent: percent.nullable(),
  power_watts: z.number().nullable(),
});

/** The usage of a job on one node; null for what was not measured. */
const nodeSchema = z.object({
  node: z.string(),
  cpu_seconds: seconds.nullable(),
  memory_average: bytes.nullable(),
  memory_peak: bytes.nullable(),
  memory_limit: bytes.nullable(),
  gpus: z.array(gpuSchema).readonly(),
});

/** The usage of a job on all its nodes. */
const measuredSchema = softwareSchema.extend({
  nodes: z.array(nodeSchema).readonly(),
  cpu_seconds: seconds,
  allocated_cpu_seconds: seconds.nullable().describe('What the job could have used; null if that is not known'),
  cpu_percent: percent.nullable(),
});

/** A job: its runs, and what its processes used. */
export const jobSchema = z.object({
  cluster: z.string(),
  job_id: z.string(),
  runs: z.array(jobRunSchema).readonly().describe('One for each run, and for each task of an array'),
  measured: measuredSchema.nullable().describe('Null if nothing was sampled'),
});

/** CPU time of a program in seconds. */
export type ProgramTime = z.infer<typeof programSchema>;
/** The usage of the programs of a job on all its nodes. */
export type JobSoftware = z.infer<typeof softwareSchema>;
/** The usage of a job on one node. Bytes and seconds; null for what was not measured. */
export type MeasuredNode = z.infer<typeof nodeSchema>;
/** The mean usage of a GPU. */
export type MeasuredGpu = z.infer<typeof gpuSchema>;
/** The usage of a job on all its nodes. */
export type Measured = z.infer<typeof measuredSchema>;
/** A job: its runs, and what its processes used. */
export type Job = z.infer<typeof jobSchema>;
