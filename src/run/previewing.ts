import { collect } from '../collect/collect.ts';
import { lastKnownFields } from '../collect/last-known.ts';
import type { System } from '../config/system.ts';
import { addressOf } from '../delivery/destinations.ts';
import { readBackStream, samStatusPath } from '../delivery/sam-entries.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { print } from '../lib/output.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { worst } from './collecting.ts';
import { type Context, outboxForPreview } from './context.ts';
import { executorFor, type Source } from './executors.ts';
import { stopSignal } from './signals.ts';

/**
 * Collects systems and prints their payloads on standard output, storing nothing: one as readable JSON, several as JSON
 * Lines. With `dryRun` the log says where each would be sent.
 */
export async function printPayloads(
  systems: readonly System[],
  context: Context,
  options: Source & { dryRun: boolean },
): Promise<ExitCode> {
  const isAlone = systems.length === 1;
  const started = Date.now();
  const outbox = outboxForPreview(context);
  const made = await Promise.all(
    systems.map((system, index) =>
      makePayload(system, context, { outbox, source: options, isAlone, now: new Date(started + index) }),
    ),
  );
  outbox?.close();
  if (stopSignal.aborted) {
    context.log.warn('Interrupted: nothing is printed');
    return exitCodes.failed;
  }
  // Print in the order of the command line, because a payload does not contain the name of its system.
  for (const { system, payload } of made) {
    if (payload === null) continue;
    for (const destination of options.dryRun ? system.deliver_to : []) {
      const address = addressOf(destination, context.config) ?? '(no address configured)';
      context.log.info(`[DRY RUN] Would POST to ${address}${samStatusPath(system.system_name)}`);
    }
    print(`${JSON.stringify(payload, null, isAlone ? 2 : 0)}\n`);
  }
  return worst(made.map(({ code }) => code));
}

/** Returns the payload of a system at a time; null if nothing could be collected. */
async function makePayload(
  system: System,
  context: Context,
  { outbox, source, isAlone, now }: { outbox: Outbox | null; source: Source; isAlone: boolean; now: Date },
): Promise<{ readonly system: System; readonly payload: unknown; readonly code: ExitCode }> {
  const name = system.system_name;
  const log = context.log.withTag(name);
  const { executor, finish } = executorFor(system, source, isAlone);
  const collected = await collect(
    system,
    { executor, signal: stopSignal },
    (probe, fields) => (outbox ? lastKnownFields(outbox, readBackStream(system), probe, fields, now) : null),
    log,
  );
  const recordingProblem = await finish();
  if (recordingProblem !== null) log.error(`✗ ${name}: ${recordingProblem.message}`);
  if (stopSignal.aborted) return { system, payload: null, code: exitCodes.failed };
  if (collected.kind === 'nothing') {
    log.error(`✗ ${name}: ${collected.reason}`);
    return { system, payload: null, code: exitCodes.failed };
  }
  const validated = collected.at(now);
  if (validated.kind === 'invalid') log.error(`✗ ${name}: the API would not accept this: ${validated.reason}`);
  else for (const value of validated.dropped) log.warn(`dropped ${value}`);
  const isGood = validated.kind === 'valid' && recordingProblem === null;
  const code = isGood ? exitCodes.done : exitCodes.failed;
  return { system, payload: validated.payload, code };
}
