import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type Checkpoint, checkpointFile, readCheckpoint, storable, writeCheckpoint } from './checkpoint.ts';
import { groupsOfJob, type JobGroups, noGroups } from './groups.ts';
import { type JobPlace, outputsOf, samplersOf } from './modules.ts';
import type { Measured } from './outputs/output.ts';
import { type MetricsListener, prometheusListener } from './outputs/prometheus.ts';
import { findProcesses } from './processes.ts';
import type { Data, JobObservation, Sampler } from './sampler.ts';
import type { SampleSettings } from './settings.ts';
import { keepUnwritten, writeAll } from './write-outputs.ts';

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
  // The start of the sampling, then the time of the first process.
  let beganAt = performance.now();
  let hasBegun = false;
  // The first checkpoint is after the first look, so that a sampler that is killed early does not lose the job.
  let nextCheckpoint = performance.now();

  const look = (): JobObservation => {
    const processes = findProcesses(place.machine, String(job), settings.finder === 'pidfinder.PBS');
    groups = groupsOfJob(place.machine, processes, groups);
    if (processes.length > 0) lastSeen = performance.now();
    if (processes.length > 0 && !hasBegun) [hasBegun, beganAt] = [true, lastSeen];
    return { processes, groups, at: Date.now() / 1000 };
  };
  const measure = async (which: readonly Sampler[]) => {
    const observation = look();
    for (const sampler of which) await sampleOnce(sampler, observation, current, log);
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
      const shortest = 1000 * shortestInterval((now - beganAt) / 1000);
      const wait = (seconds: number, isShort = true) => Math.min(seconds * 1000, isShort ? shortest : Infinity);
      for (const sampler of ready) due.set(sampler, now + wait(sampler.intervalSeconds, sampler.isShortAtStart));
      if (performance.now() >= nextCheckpoint) {
        store(ids, false);
        nextCheckpoint = performance.now() + checkpointSeconds * 1000;
      }
      if (performance.now() - lastSeen > graceOf(settings) * 1000) break;
      const next = Math.min(now + wait(settings.collector.pid_finder_update_interval), ...due.values());
      await pause(Math.max(0, next - performance.now()), signal);
    }
    // Measure once more at the end, because the job used CPU time since the last sample.
    await measure(samplers);
  } finally {
    for (const listener of listeners) listener.close();
  }
  store(ids, true);
  const data = finalOf(samplers);
  const failed = await writeAll(place, { outputs, data, pending: ids });
  keepUnwritten(settings, place, { data, states: statesOf(samplers) }, failed);
  return failed.length === 0;
}

/**
 * Returns the interval in seconds for a job of an age: a twentieth of it, so that the time after the last look, when the
 * control groups of a job are gone with it, is at most 5 % also of a job that is shorter than the usual interval.
 */
export function shortestInterval(ageSeconds: number): number {
  return Math.max(1, ageSeconds / 20);
}

/** A file that cannot be read, or a program that fails, never ends the sampling. */
async function sampleOnce(
  sampler: Sampler,
  observation: JobObservation,
  current: Map<string, Data>,
  log: Log,
): Promise<void> {
  try {
    const data = await sampler.sample(observation);
    if (data !== null) current.set(sampler.id, data);
  } catch (error) {
    log.error(`${sampler.id}: ${messageOf(error)}; it is sampled again at the next interval`);
  }
}

function finalOf(samplers: readonly Sampler[]): Measured {
  return Object.fromEntries(samplers.map((sampler) => [sampler.id, sampler.final()]));
}

function statesOf(samplers: readonly Sampler[]): Checkpoint['states'] {
  return Object.fromEntries(samplers.map((sampler) => [sampler.id, sampler.state()]));
}

function checkpointOf(
  { job, node }: JobPlace,
  samplers: readonly Sampler[],
  outputs: readonly string[],
  isEnded: boolean,
): Omit<Checkpoint, 'version'> {
  return { job, node, outputs: [...outputs], isEnded, data: storable(finalOf(samplers)), states: statesOf(samplers) };
}

function listenersOf({ of, listeners }: SampleSettings, { job, node, log }: JobPlace): MetricsListener[] {
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
  signal.addEventListener('abort', stop);
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', stop);
}
