import { collect } from '../collect/collect.ts';
import { lastKnownFields } from '../collect/last-known.ts';
import { collectLockFile } from '../collect/lock-file.ts';
import { store } from '../collect/store.ts';
import { keepWithoutOutbox, oneAfterTheOtherByKey, type WithoutOutbox } from '../collect/without-outbox.ts';
import type { Config } from '../config/config.ts';
import type { System } from '../config/system.ts';
import { destinationNamed } from '../delivery/destinations.ts';
import { readBackStream } from '../delivery/sam-entries.ts';
import { type ExitCode, exitCodes, messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { sentenceOf } from '../outage/describe.ts';
import { detectOutages } from '../outage/detect.ts';
import { tryLock } from '../outbox/lock.ts';
import { openToWrite } from '../outbox/open.ts';
import type { HealingOutbox } from '../outbox/recovery/open.ts';
import { trySocketLock } from '../outbox/socket-lock.ts';
import { OutboxUnwritable } from '../outbox/unwritable.ts';
import type { Context } from './context.ts';
import { executorFor, forReal, type Source } from './executors.ts';
import { makeRoom } from './make-room.ts';
import { stopSignal } from './signals.ts';

export type CollectOptions = {
  /** Default: `forReal`. */
  readonly source?: Source;
  /** True to post snapshots that the outbox cannot store; otherwise they only go to the fallback directory. */
  readonly postDirectly?: boolean;
};

/** The values that all systems of one collection share. */
type Shared = {
  readonly context: Context;
  readonly source: Source;
  readonly isAlone: boolean;
  /** The open outbox, or the reason why it cannot be written. */
  readonly outbox: HealingOutbox | OutboxUnwritable;
  readonly withoutOutbox: WithoutOutbox;
};

/**
 * Collects systems in parallel and stores their snapshots; a failure does not stop the other systems. Returns the worst
 * exit code: `locked` if another collection of every system is running. If the outbox cannot be written, keeps the snapshots
 * elsewhere and returns `failed`.
 */
export async function collectAndStore(
  systems: readonly System[],
  context: Context,
  { source = forReal, postDirectly = false }: CollectOptions = {},
): Promise<ExitCode> {
  const outbox = openUnlessUnwritable(context);
  const shared: Shared = {
    context,
    source,
    isAlone: systems.length === 1,
    outbox,
    withoutOutbox: {
      spool: context.outbox.spool,
      destination: postDirectly ? (destination) => destinationNamed(destination, context.config) : null,
      inTurn: oneAfterTheOtherByKey(),
    },
  };
  try {
    const interrupted: string[] = [];
    // Give each system its own timestamp: the API identifies filesystems by it, and without an outbox nothing else ensures it.
    const started = Date.now();
    const codes = await Promise.all(
      systems.map((system, index) => collectOne(system, new Date(started + index), { ...shared, interrupted })),
    );
    if (interrupted.length > 0) context.log.warn(`Interrupted: no snapshot of ${interrupted.join(', ')} is stored`);
    return worst(codes);
  } finally {
    if (!(outbox instanceof OutboxUnwritable)) outbox.close();
  }
}

function openUnlessUnwritable(context: Context): HealingOutbox | OutboxUnwritable {
  if (context.hanging !== null) return context.hanging;
  try {
    return openToWrite(context.outbox, 'free');
  } catch (error) {
    if (error instanceof OutboxUnwritable) return error;
    throw error;
  }
}

async function collectOne(
  system: System,
  started: Date,
  shared: Shared & { readonly interrupted: string[] },
): Promise<ExitCode> {
  const { context, outbox } = shared;
  const name = system.system_name;
  const log = context.log.withTag(name);
  const takeLock = context.hanging === null ? tryLock : trySocketLock;
  const lock = takeLock(collectLockFile(context.outbox.file, name), log.warn);
  if (!lock) {
    log.info(`Another collection of ${name} is running`);
    return exitCodes.locked;
  }
  try {
    const { executor, finish } = executorFor(system, shared.source, shared.isAlone);
    const collected = await collect(
      system,
      { executor, signal: stopSignal },
      (probe, fields) => lastKnown(outbox, system, { probe, fields }, log),
      log,
    );
    const recordingProblem = await finish();
    if (recordingProblem !== null) log.error(`✗ ${name}: ${recordingProblem.message}`);
    if (stopSignal.aborted) {
      shared.interrupted.push(name);
      return exitCodes.failed;
    }
    context.changes?.saw(`collect/${name}`);
    if (collected.kind === 'nothing') {
      log.error(`✗ ${name}: nothing is stored: ${collected.reason}`);
      return exitCodes.failed;
    }
    try {
      if (outbox instanceof OutboxUnwritable) throw outbox;
      const id = outbox.run((current) => {
        makeRoom(current, context.config, log, system.deliver_to.length);
        return store(current, name, collected, started, log, system.deliver_to);
      });
      const seconds = ((Date.now() - started.getTime()) / 1000).toFixed(1);
      const partly = collected.failedProbes.length === 0 ? '' : ` without ${collected.failedProbes.join(', ')}`;
      log.info(`✓ Stored ${name} as ${id} after ${seconds} s${partly}`);
      if (system.detect_outages) detectAfterwards(outbox, system, context.config, log);
      return recordingProblem === null ? exitCodes.done : exitCodes.failed;
    } catch (error) {
      if (!(error instanceof OutboxUnwritable)) throw error;
      await keepWithoutOutbox(system, collected, started, error, shared.withoutOutbox, log);
      return exitCodes.failed;
    }
  } catch (error) {
    log.error(`✗ ${name}: ${messageOf(error)}`);
    log.debug(error instanceof Error ? String(error.stack) : '');
    return exitCodes.fatal;
  } finally {
    lock.release();
  }
}

/** Detects outages after the snapshot is stored. Logs an error instead of throwing: the next run detects the same outages. */
function detectAfterwards(outbox: HealingOutbox, system: System, config: Config, log: Log): void {
  try {
    const detected = outbox.run((current) => {
      makeRoom(current, config, log);
      return detectOutages(current, system, new Date());
    });
    for (const one of detected) log.warn(sentenceOf(one));
  } catch (error) {
    log.error(`✗ cannot detect outages: ${messageOf(error)}`);
  }
}

/** Returns the last known values; null if the outbox cannot be read, because the snapshot is useful without them. */
function lastKnown(
  outbox: HealingOutbox | OutboxUnwritable,
  system: System,
  { probe, fields }: { readonly probe: string; readonly fields: readonly string[] },
  log: Log,
): Record<string, unknown> | null {
  if (outbox instanceof OutboxUnwritable) return null;
  try {
    return outbox.run((current) => lastKnownFields(current, readBackStream(system), probe, fields, new Date()));
  } catch (error) {
    log.warn(`cannot read the last known values: ${messageOf(error)}`);
    return null;
  }
}

/** Returns the exit code of several parts: a failure if any part failed, `locked` only if all parts were locked. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const order = [exitCodes.fatal, exitCodes.failed, exitCodes.done, exitCodes.locked];
  return order.find((code) => codes.includes(code)) ?? exitCodes.done;
}
