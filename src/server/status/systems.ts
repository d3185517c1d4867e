import { listOutages } from '../store/outages.ts';
import type { Reader } from '../store/port.ts';
import { systemsWithHistory } from '../store/series.ts';
import { newestSnapshot, type StoredSnapshot } from '../store/snapshots.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';
import { type Free, freeIn } from './free.ts';
import { probesOf, type ReadSnapshot, readStored } from './read-snapshot.ts';
import { labelOf } from './snapshots.ts';
import { type StateWithReasons, staleSeconds, stateOfSnapshot, withOutages } from './state.ts';

/** A system and its current state. Times are canonical text (timestamp.ts). */
export type SystemStatus = StateWithReasons & {
  readonly name: string;
  readonly label: string;
  readonly kind: 'batch' | 'hub';
  /** When the state began; null if that is not known. */
  readonly since: string | null;
  /** The timestamp of the newest snapshot. */
  readonly timestamp: string;
  readonly received_at: string;
  /** The age of the newest snapshot in seconds. */
  readonly age: number;
  /** The probes that failed when the newest snapshot was collected. */
  readonly failed_probes: readonly string[];
  readonly free: Free | null;
};

/** Returns every system with its state. */
export async function systemsAt(reader: Reader, now: Date): Promise<SystemStatus[]> {
  const systems: SystemStatus[] = [];
  for (const name of await systemsWithHistory(reader)) {
    const newest = await newestSnapshot(reader, name);
    if (newest) systems.push(await statusOf(reader, newest, now));
  }
  return systems;
}

async function statusOf(reader: Reader, newest: StoredSnapshot, now: Date): Promise<SystemStatus> {
  const read = readStored(newest);
  const age = Math.max(0, Math.round((now.getTime() - millisecondsOf(newest.timestamp)) / 1000));
  const { state, reasons, since } = await stateOf(reader, newest, read, now);
  return {
    name: newest.system,
    label: labelOf(newest.system),
    kind: read.kind,
    state,
    reasons,
    since,
    timestamp: newest.timestamp,
    received_at: newest.receivedAt,
    age,
    failed_probes: probesOf(newest.collectionFailed),
    free: read.kind === 'batch' ? freeIn(read.snapshot) : null,
  };
}

async function stateOf(
  reader: Reader,
  { system, timestamp }: StoredSnapshot,
  read: ReadSnapshot,
  now: Date,
): Promise<StateWithReasons & { readonly since: string | null }> {
  const staleSince = millisecondsOf(timestamp) + staleSeconds * 1000;
  if (staleSince < now.getTime()) {
    const since = timestampOf(new Date(staleSince));
    return { state: 'unknown', reasons: ['No snapshot has arrived for 10 minutes'], since };
  }
  const filter = { system, status: null, includeResolved: false, now: timestampOf(now) };
  const current = (await listOutages(reader, filter)).filter(({ start_time }) => start_time <= filter.now);
  return { ...withOutages(stateOfSnapshot(read), current), since: null };
}
