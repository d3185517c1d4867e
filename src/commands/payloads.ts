import { existsSync } from 'node:fs';
import { collect } from '../collect/collect.ts';
import { lastKnownFields } from '../collect/last-known.ts';
import type { System } from '../config/system.ts';
import { samStatusPath, samStream } from '../delivery/sam-entries.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { print } from '../lib/output.ts';
import { Outbox } from '../outbox/outbox.ts';
import { worst } from './collecting.ts';
import type { Context } from './context.ts';
import { executorFor, type Source } from './executor.ts';

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
  // Only looked into: a dry run must not make an outbox.
  const outbox = existsSync(context.outboxFile) ? new Outbox(context.outboxFile) : null;
  const codes = await Promise.all(
    systems.map(async (system, index): Promise<ExitCode> => {
      const name = system.system_name;
      const log = context.log.withTag(name);
      const { executor, finish } = executorFor(system, options, isAlone);
      const now = new Date(started + index);
      const collected = await collect(
        system,
        executor,
        (probe) => (outbox ? lastKnownFields(outbox, samStream(name), probe, system, now) : null),
        log,
      );
      await finish();
      if (collected.kind === 'nothing') {
        log.error(`✗ ${name}: ${collected.reason}`);
        return exitCodes.failed;
      }
      const validated = collected.at(now);
      if (validated.kind === 'invalid') log.error(`✗ ${name}: this is not what the API takes: ${validated.reason}`);
      else for (const value of validated.dropped) log.warn(`dropped ${value}`);
      if (options.dryRun)
        log.info(
          `[DRY RUN] Would POST to ${context.config.sam.baseUrl ?? '(no address configured)'}${samStatusPath(name)}`,
        );
      await print(`${JSON.stringify(validated.payload, null, isAlone ? 2 : 0)}\n`);
      return validated.kind === 'invalid' ? exitCodes.failed : exitCodes.done;
    }),
  );
  outbox?.close();
  return worst(codes);
}
