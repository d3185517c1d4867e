import { join } from 'node:path';
import { collect } from '../../src/collect/collect.ts';
import type { System } from '../../src/config/system.ts';
import type { Executor } from '../../src/exec/command.ts';
import { replayFrom } from '../../src/exec/replay.ts';
import type { Snapshot } from '../../src/snapshot/schema.ts';
import type { Validated } from '../../src/snapshot/validate.ts';
import { memoryLog } from './memory-log.ts';
import { unstopped } from './probing.ts';
import { fixtures } from './systems.ts';

/** When every snapshot of these tests is taken. */
export const moment = new Date('2026-11-21T08:00:00.123Z');

export type CollectedSnapshot = {
  readonly payload: Snapshot;
  readonly failedProbes: readonly string[];
  readonly dropped: readonly string[];
  readonly lines: readonly string[];
};

/** The valid snapshot of a system, with what the log says; fails where there is none. */
export async function snapshotOf(system: System, executor: Executor): Promise<CollectedSnapshot> {
  const { log, lines } = memoryLog();
  const collected = await collect(system, unstopped(executor), () => null, log);
  if (collected.kind === 'nothing') throw new Error(`nothing was collected: ${collected.reason}`);
  const validated = collected.at(moment) as Validated<Snapshot>;
  if (validated.kind === 'invalid') throw new Error(`the snapshot is invalid: ${validated.reason}`);
  return { payload: validated.payload, failedProbes: collected.failedProbes, dropped: validated.dropped, lines };
}

/** The recording of that name in `fixtures`. */
export function recordingOf(name: string): Executor {
  return replayFrom(join(fixtures, name));
}
