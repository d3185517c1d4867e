import type { z } from 'zod';
import { listOutages } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { systemsWithHistory } from '../store/series.ts';
import { newestSnapshot, type StoredSnapshot } from '../store/snapshots.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';
import type { systemSchema } from './answers.ts';
import { freeIn } from './free.ts';
import { canonicalTime } from './period.ts';
import { probesOf, type ReadSnapshot, readStored } from './read-snapshot.ts';
import { dayMs } from './samples.ts';
import { labelOf } from './snapshots.ts';
import { stateGapMs } from './spans.ts';
import { type StateWithReasons, stateOfSnapshot, withOutages } from './state.ts';
import { readTimeline } from './timeline.ts';
import { secondsBetween, type Uptime, uptimeOf } from './uptime.ts';

const uptimeDays = 90;

/** A system and its current state. Times are canonical text (timestamp.ts). */
export type SystemStatus = Readonly<z.output<typeof systemSchema>>;

/** Returns every system with its state. */
export async function systemsAt(reader: Reader, now: Date): Promise<SystemStatus[]> {
  const systems: SystemStatus[] = [];
  for (const name of await systemsWithHistory(reader)) {
    const newest = await newestSnapshot(reader, name);
    if (newest) systems.push(await statusOf(reader, newest, now));
  }
  return systems;
}

/** Returns a system with its state; null if the system has no snapshot in the history. */
export async function systemAt(reader: Reader, name: string, now: Date): Promise<SystemStatus | null> {
  const newest = await newestSnapshot(reader, name);
  const isKnown = newest !== null && (await systemsWithHistory(reader)).includes(name);
  return isKnown ? statusOf(reader, newest, now) : null;
}

async function statusOf(reader: Reader, newest: StoredSnapshot, now: Date): Promise<SystemStatus> {
  const read = readStored(newest);
  const age = Math.max(0, Math.round((now.getTime() - millisecondsOf(newest.timestamp)) / 1000));
  const { state, reasons, since, uptime } = await stateOf(reader, newest, read, now);
  return {
    name: newest.system,
    label: labelOf(newest.system),
    kind: read.kind,
    state,
    reasons,
    since,
    uptime,
    timestamp: newest.timestamp,
    received_at: newest.receivedAt,
    age,
    failed_probes: probesOf(newest.collectionFailed),
    free: read.kind === 'batch' ? freeIn(read.snapshot) : null,
  };
}

/** Returns the current state with its reasons, when it began, and the uptime. */
async function stateOf(
  reader: Reader,
  { system, timestamp }: StoredSnapshot,
  read: ReadSnapshot,
  now: Date,
): Promise<StateWithReasons & { readonly since: string | null; readonly uptime: Uptime }> {
  const from = now.getTime() - uptimeDays * dayMs;
  const timeline = await readTimeline(reader, system, from, now.getTime());
  const uptime = uptimeOf(secondsBetween(timeline, from, now.getTime()), uptimeDays);
  const last = timeline.at(-1);
  // A state that is older than the first snapshot, or than the period, began at an unknown time.
  const since = last && last.from > from ? canonicalTime(last.from) : null;
  const filter = { system, status: null, includeResolved: false, now: timestampOf(now) };
  const current = (await listOutages(reader, filter)).filter(({ start_time }) => start_time <= filter.now);
  const isStale = millisecondsOf(timestamp) + stateGapMs < now.getTime();
  const shown: StateWithReasons = isStale
    ? { state: 'unknown', reasons: ['No snapshot has arrived for 10 minutes'] }
    : stateOfSnapshot(read);
  return { ...withOutages(shown, current), since, uptime };
}
