import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import {
  type Checkpoint,
  checkpointFile,
  checkpointsOf,
  readCheckpoint,
  removeCheckpoint,
  writeCheckpoint,
} from './checkpoint.ts';
import { groupsOfJob, type JobGroups, noGroups } from './groups.ts';
import { type JobPlace, outputsOf, samplersOf } from './modules.ts';
import type { Measured, Output } from './outputs/output.ts';
import { type Listener, prometheusListener } from './outputs/prometheus.ts';
import { findProcesses } from './processes.ts';
import type { Data, Sampler, Sight } from './sampler.ts';
import type { SampleSettings } from './settings.ts';

/**
 * Samples a job on this node until it has had no process for the grace period, or until `signal` is aborted. Then the
 * outputs get the data of the whole job. Returns false if an output failed: the next sampler on this node tries again.
 */
export async function sampleJob(settings: SampleSettings, place: JobPlace, signal: AbortSignal): Promise<boolean> {
  const { job, node, log } = place;
  const { checkpoint_path: directory, checkpoint_interval: checkpointSeconds } = settings.collector;
  const earlier = readCheckpoint(checkpointFile(directory, job, node));
  const samplers = samplersOf(settings, place).map((make) => {
    const { id } = make(undefined);
    return make(earlier?.states[id]);
  });
  const outputs = outputsOf(settings, job, node, log);
  const listeners = listenersOf(settings, place);
  const current = new Map<string, Data>();
  const due = new Map<Sampler, number>();
  let groups: JobGroups = noGroups;
  let lastSeen = performance.now();
  let nextCheckpoint = performance.now() + checkpointSeconds * 1000;

  const look = (): Sight => {
    const processes = findProcesses(place.machine, String(job), settings.finder === 'pidfinder.PBS');
    groups = groupsOfJob(place.machine, processes, groups);
    if (processes.length > 0) lastSeen = performance.now();
    return { processes, groups, at: Date.now() / 1000 };
  };
  const measure = async (which: readonly Sampler[]) => {
    const sight = look();
    for (const sampler of which) await sampleOnce(sampler, sight, current, log);
    const data = Object.fromEntries(current);
    for (const output of outputs) output.sampled?.(data);
    for (const listener of listeners) listener.update(data);
  };
  const store = (pending: readonly string[], isEnded: boolean) => {
    try {
      writeCheckpoint(directory, checkpointOf(place, samplers, pending, isEnded));
    } catch (error) {
      log.error(`cannot store the checkpoint of job ${job} in ${directory}: ${messageOf(error)}`);
    }
  };

  const ids = outputs.map(({ id }) => id);
  try {
    while (!signal.aborted) {
      const now = performance.now();
      const ready = samplers.filter((sampler) => (due.get(sampler) ?? 0) <= now);
      await measure(ready);
      for (const sampler of ready) due.set(sampler, now + sampler.intervalSeconds * 1000);
      if (performance.now() >= nextCheckpoint) {
        store(ids, false);
        nextCheckpoint = performance.now() + checkpointSeconds * 1000;
      }
      if (performance.now() - lastSeen > graceOf(settings) * 1000) break;
      const next = Math.min(now + settings.collector.pid_finder_update_interval * 1000, ...due.values());
      await pause(Math.max(0, next - performance.now()), signal);
    }
    // The last look counts what was used since the last sample.
    await measure(samplers);
  } finally {
    for (const listener of listeners) listener.close();
  }
  store(ids, true);
  return writeAll(settings, place, { outputs, data: finalOf(samplers), pending: ids });
}

/**
 * Finishes what samplers of other jobs left on this node: those that were killed, and those whose outputs failed.
 * @param isRunning true if a sampler of the job runs
 */
export async function finishEarlier(
  settings: SampleSettings,
  place: JobPlace,
  isRunning: (job: Checkpoint) => boolean,
): Promise<void> {
  for (const checkpoint of checkpointsOf(settings.collector.checkpoint_path, place.node)) {
    if (checkpoint.job === place.job || isRunning(checkpoint)) continue;
    const hasProcesses =
      findProcesses(place.machine, String(checkpoint.job), settings.finder === 'pidfinder.PBS').length > 0;
    if (hasProcesses && !checkpoint.isEnded) continue;
    const outputs = outputsOf(settings, checkpoint.job, place.node, place.log);
    place.log.info(`Writing the data of job ${checkpoint.job}, whose sampler did not write them`);
    const earlier = { ...place, job: checkpoint.job };
    await writeAll(settings, earlier, { outputs, data: checkpoint.data, pending: checkpoint.outputs });
  }
}

type Writing = { readonly outputs: readonly Output[]; readonly data: Measured; readonly pending: readonly string[] };

/** Writes to the outputs that do not have the data. Removes the checkpoint when all have them, and returns true. */
async function writeAll(
  settings: SampleSettings,
  place: JobPlace,
  { outputs, data, pending }: Writing,
): Promise<boolean> {
  const { job, node, log } = place;
  const { checkpoint_path: directory } = settings.collector;
  const failed: string[] = [];
  for (const output of outputs.filter(({ id }) => pending.includes(id))) {
    const problem = await writeWithRetries(output, data);
    if (problem === null) continue;
    failed.push(output.id);
    log.error(`✗ job ${job}: sams.${output.id}: ${problem}; the next sampler on this node tries again`);
  }
  if (failed.length === 0) removeCheckpoint(directory, { job, node });
  else {
    try {
      writeCheckpoint(directory, { job, node, outputs: failed, isEnded: true, data: copyOf(data), states: {} });
    } catch (error) {
      log.error(`✗ job ${job}: its data are lost: they cannot be kept in ${directory} either: ${messageOf(error)}`);
    }
  }
  return failed.length === 0;
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

/** A file that cannot be read, or a program that fails, never ends the sampling. */
async function sampleOnce(sampler: Sampler, sight: Sight, current: Map<string, Data>, log: Log): Promise<void> {
  try {
    const data = await sampler.sample(sight);
    if (data !== null) current.set(sampler.id, data);
  } catch (error) {
    log.error(`${sampler.id}: ${messageOf(error)}; it is sampled again at the next interval`);
  }
}

function finalOf(samplers: readonly Sampler[]): Measured {
  return Object.fromEntries(samplers.map((sampler) => [sampler.id, sampler.final()]));
}

function checkpointOf(
  { job, node }: JobPlace,
  samplers: readonly Sampler[],
  outputs: readonly string[],
  isEnded: boolean,
): Omit<Checkpoint, 'version'> {
  const states = Object.fromEntries(samplers.map((sampler) => [sampler.id, sampler.state()]));
  return { job, node, outputs: [...outputs], isEnded, data: copyOf(finalOf(samplers)), states };
}

/** Returns the data as the checkpoint file has them. */
function copyOf(data: Measured): Checkpoint['data'] {
  return JSON.parse(JSON.stringify(data));
}

function listenersOf({ of, listeners }: SampleSettings, { job, node, log }: JobPlace): Listener[] {
  if (!listeners.includes('listener.Prometheus')) return [];
  try {
    return [prometheusListener(of['listener.Prometheus'], { job, node })];
  } catch (error) {
    log.error(`cannot listen in ${of['listener.Prometheus'].socketdir}: ${messageOf(error)}`);
    return [];
  }
}

function graceOf({ of, finder }: SampleSettings): number {
  return of[finder].grace_period;
}

/** Waits; a signal ends the wait early. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = () => resolve();
  const timer = setTimeout(stop, milliseconds);
  signal.addEventListener('abort', stop, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
