import { existsSync } from 'node:fs';
import { messageOf } from '../lib/errors.ts';
import { type Checkpoint, checkpointFile, removeCheckpoint, storable, writeCheckpoint } from './checkpoint.ts';
import type { JobPlace } from './modules.ts';
import type { Measured, Output } from './outputs/output.ts';
import type { SampleSettings } from './settings.ts';

type Writing = { readonly outputs: readonly Output[]; readonly data: Measured; readonly pending: readonly string[] };

/** Writes to the outputs that do not have the data. Returns those that failed. */
export async function writeAll({ job, log }: JobPlace, { outputs, data, pending }: Writing): Promise<string[]> {
  const failed: string[] = [];
  for (const output of outputs.filter(({ id }) => pending.includes(id))) {
    const problem = await writeWithRetries(output, data);
    if (problem === null) continue;
    failed.push(output.id);
    log.error(`✗ job ${job}: sams.${output.id}: ${problem}; the next sampler on this node tries again`);
  }
  return failed;
}

/**
 * Keeps the data for the outputs that do not have them, in the checkpoint. Removes it when all have them.
 * @param states those of the samplers: a job that is requeued to this node goes on from them
 */
export function keepUnwritten(
  settings: SampleSettings,
  { job, node, log }: JobPlace,
  { data, states }: { readonly data: Measured; readonly states: Checkpoint['states'] },
  outputs: readonly string[],
): void {
  const { checkpoint_path: directory } = settings.collector;
  if (outputs.length === 0) {
    removeCheckpoint(directory, { job, node });
    return;
  }
  try {
    const rest = { outputs: [...outputs], isEnded: true, data: storable(data), states };
    writeCheckpoint(directory, { job, node, ...rest });
  } catch (error) {
    const kept = existsSync(checkpointFile(directory, job, node)) ? 'those of the last checkpoint are kept' : 'lost';
    log.error(`✗ job ${job}: its data cannot be stored in ${directory} either (${kept}): ${messageOf(error)}`);
  }
}

/** Returns why an output failed; null if it did not. */
async function writeWithRetries(output: Output, data: Measured): Promise<string | null> {
  for (let retries = 0; ; retries++) {
    try {
      await output.write(data);
      return null;
    } catch (error) {
      if (retries >= output.retries) return messageOf(error);
      await Bun.sleep(output.pauseSeconds * 1000);
    }
  }
}
