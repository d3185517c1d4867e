import { type Checkpoint, checkpointFile, checkpointsOf, readCheckpoint } from './checkpoint.ts';
import { type JobPlace, outputsOf } from './modules.ts';
import { findProcesses } from './processes.ts';
import type { SampleSettings } from './settings.ts';
import { keepUnwritten, writeAll } from './write-outputs.ts';

/**
 * Finishes what samplers of other jobs left on this node: those that were killed, and those whose outputs failed. An
 * output that fails is not tried again here, so that a server that is down delays nothing.
 * @param lockJob takes the lock of a job's sampler; null if a sampler of the job runs
 */
export async function finishEarlier(
  settings: SampleSettings,
  place: JobPlace,
  lockJob: (job: Checkpoint['job']) => { release(): void } | null,
): Promise<void> {
  const broken = new Set<string>();
  for (const { job } of checkpointsOf(settings.collector.checkpoint_path, place.node)) {
    if (job === place.job) continue;
    const lock = lockJob(job);
    if (lock === null) continue;
    try {
      await finish(settings, { ...place, job }, broken);
    } finally {
      lock.release();
    }
  }
}

/** @param broken the outputs that failed: they are left out, and those that fail now are added */
async function finish(settings: SampleSettings, place: JobPlace, broken: Set<string>): Promise<void> {
  const { job, node, log } = place;
  // Read it with the lock: another sampler may have finished it.
  const checkpoint = readCheckpoint(checkpointFile(settings.collector.checkpoint_path, job, node));
  if (checkpoint === null) return;
  const hasProcesses = findProcesses(place.machine, String(job), settings.finder === 'pidfinder.PBS').length > 0;
  if (hasProcesses && !checkpoint.isEnded) return;
  const outputs = outputsOf(settings, job, node, log)
    .filter(({ id }) => !broken.has(id))
    .map((output) => ({ ...output, retries: 0 }));
  const absent = checkpoint.outputs.filter((id) => broken.has(id));
  log.info(`Writing the data of job ${job}, whose sampler did not write them`);
  const { outputs: pending, data } = checkpoint;
  const failed = await writeAll(place, { outputs, data, pending });
  for (const id of failed) broken.add(id);
  keepUnwritten(settings, place, checkpoint, [...absent, ...failed]);
}
