import { collect } from '../collect/collect.ts';
import { lastKnownFields } from '../collect/last-known.ts';
import { store } from '../collect/store.ts';
import type { System } from '../config/system.ts';
import { samStream } from '../delivery/sam-entries.ts';
import { type ExitCode, exitCodes, messageOf } from '../lib/errors.ts';
import { collectLockFile } from '../outbox/files.ts';
import { tryLock } from '../outbox/lock.ts';
import { HealingOutbox } from '../outbox/recovery/open.ts';
import { type Context, recoveryOptions } from './context.ts';
import { executorFor, forReal, type Source } from './executor.ts';
import { stopSignal } from './signals.ts';

/**
 * Collects systems side by side and stores each snapshot; one that fails does not stop another. The worst exit code
 * counts; `locked` where another collection of every one of them is under way.
 */
export async function collectAndStore(
  systems: readonly System[],
  context: Context,
  source: Source = forReal,
): Promise<ExitCode> {
  const outbox = new HealingOutbox(context.outboxFile, recoveryOptions(context));
  try {
    const codes = await Promise.all(
      systems.map((system) => collectOne(system, outbox, context, { source, isAlone: systems.length === 1 })),
    );
    return worst(codes);
  } finally {
    outbox.close();
  }
}

async function collectOne(
  system: System,
  outbox: HealingOutbox,
  context: Context,
  { source, isAlone }: { source: Source; isAlone: boolean },
): Promise<ExitCode> {
  const name = system.system_name;
  const log = context.log.withTag(name);
  const lock = tryLock(collectLockFile(context.outboxFile, name));
  if (!lock) {
    log.info(`Another collection of ${name} is under way`);
    return exitCodes.locked;
  }
  try {
    const started = new Date();
    const stream = samStream(name);
    const { executor, finish } = executorFor(system, source, isAlone);
    const collected = await collect(
      system,
      executor,
      (probe) => outbox.run((current) => lastKnownFields(current, stream, probe, system, new Date())),
      log,
    );
    await finish();
    if (stopSignal.aborted) {
      // Its commands were killed: what they left is no news of the system.
      log.warn(`${name}: interrupted; nothing is stored`);
      return exitCodes.failed;
    }
    if (collected.kind === 'nothing') {
      log.error(`✗ ${name}: nothing is stored: ${collected.reason}`);
      return exitCodes.failed;
    }
    const id = outbox.run((current) => store(current, name, collected, started, log));
    const seconds = ((Date.now() - started.getTime()) / 1000).toFixed(1);
    const partly = collected.failedProbes.length === 0 ? '' : ` without ${collected.failedProbes.join(', ')}`;
    log.info(`✓ Stored ${name} as ${id} after ${seconds} s${partly}`);
    return exitCodes.done;
  } catch (error) {
    log.error(`✗ ${name}: ${messageOf(error)}`);
    log.debug(error instanceof Error ? String(error.stack) : '');
    return exitCodes.fatal;
  } finally {
    lock.release();
  }
}

/** The code for a whole of several parts: a failure outweighs what is done, what is done outweighs what was locked. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  const order = [exitCodes.fatal, exitCodes.failed, exitCodes.done, exitCodes.locked];
  return order.find((code) => codes.includes(code)) ?? exitCodes.done;
}
