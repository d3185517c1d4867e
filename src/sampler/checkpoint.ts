import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeDurably } from '../lib/durable.ts';
import type { Measured } from './outputs/output.ts';

const checkpointSchema = z.object({
  version: z.literal(1),
  job: z.union([z.string(), z.number()]),
  node: z.string(),
  /** The outputs that do not have the data yet. */
  outputs: z.array(z.string()),
  /** True if the job has ended, and only outputs are missing. */
  isEnded: z.boolean(),
  /** What each sampler would report now. */
  data: z.record(z.string(), z.record(z.string(), z.json())),
  states: z.record(z.string(), z.unknown()),
});

/** How far a sampler is: enough to go on after it was killed, or to report what it had measured. */
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** Returns the file of a job's checkpoint. */
export function checkpointFile(directory: string, job: number | string, node: string): string {
  return join(directory, `${job}.${node}.checkpoint.json`);
}

/** Returns data as a checkpoint has them. */
export function storable(data: Measured): Checkpoint['data'] {
  return JSON.parse(JSON.stringify(data));
}

/** Stores a checkpoint, whole or not at all. Throws if it cannot. */
export function writeCheckpoint(directory: string, checkpoint: Omit<Checkpoint, 'version'>): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const file = checkpointFile(directory, checkpoint.job, checkpoint.node);
  writeDurably(file, JSON.stringify({ version: 1, ...checkpoint }));
}

/** Returns a checkpoint; null if there is none or it cannot be read. */
export function readCheckpoint(file: string): Checkpoint | null {
  try {
    return checkpointSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Returns the checkpoints of a node. */
export function checkpointsOf(directory: string, node: string): Checkpoint[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.checkpoint.json'))
    .flatMap((name) => readCheckpoint(join(directory, name)) ?? [])
    .filter((checkpoint) => checkpoint.node === node);
}

export function removeCheckpoint(directory: string, { job, node }: Pick<Checkpoint, 'job' | 'node'>): void {
  rmSync(checkpointFile(directory, job, node), { force: true });
}
