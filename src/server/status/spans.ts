import type { Reader, Writer } from '../store/port.ts';
import {
  deleteSpan,
  type SpanKind,
  type SpanStart,
  spanStarts,
  spansAround,
  spansEndingAt,
  storeSpanRows,
} from '../store/spans.ts';
import { millisecondsOf } from '../timestamp.ts';
import type { UserProjectQueue } from './entries.ts';
import { type Neighbours, type Run, withSnapshot } from './runs.ts';
import { type StateWithReasons, staleSeconds } from './state.ts';

/** The time of four missed snapshots. The counters during a longer gap are unknown, so a span ends before it. */
const userGapMs = 20 * 60_000;
/** After this time without a snapshot the state of a system is unknown. */
export const stateGapMs = staleSeconds * 1000;

/** The user, project and queue of a span. */
export type UserKey = Pick<UserProjectQueue, 'username' | 'project_code' | 'queue_name'>;

/** The counters of a user, project and queue, in the order in which they are stored. */
export const userCounters = [
  'running_jobs',
  'pending_jobs',
  'held_jobs',
  'cores_allocated',
  'gpus_allocated',
  'nodes_allocated',
  'cores_pending',
  'gpus_pending',
  'cores_held',
  'gpus_held',
] as const;

/**
 * Stores the counters of users, projects and queues as spans: one row while they stay the same. Snapshots may come in
 * any order. Returns the ids of the spans that begin with this snapshot and have no other.
 */
export async function storeUserSpans(
  writer: Writer,
  system: string,
  timestamp: string,
  rows: readonly UserProjectQueue[],
  neighbours: Neighbours,
): Promise<number[]> {
  const values = rows.map((row) => [keyOf(row), JSON.stringify(userCounters.map((counter) => row[counter]))] as const);
  const stored = await storeSpans(writer, system, 'user', timestamp, new Map(values), neighbours, userGapMs);
  if (!stored.some(({ first, last }) => first === timestamp && last === timestamp)) return [];
  const ending = await spansEndingAt(writer, system, 'user', timestamp);
  return ending.filter(({ first }) => first === timestamp).map(({ id }) => id);
}

/** Stores the state that a snapshot shows as a span. Snapshots may come in any order. */
export async function storeState(
  writer: Writer,
  system: string,
  timestamp: string,
  { state, reasons }: StateWithReasons,
  neighbours: Neighbours,
): Promise<void> {
  const value = JSON.stringify({ state, reasons });
  await storeSpans(writer, system, 'state', timestamp, new Map([['', value]]), neighbours, stateGapMs);
}

/** Returns the spans that it stored. */
async function storeSpans(
  writer: Writer,
  system: string,
  kind: SpanKind,
  timestamp: string,
  values: ReadonlyMap<string, string>,
  neighbours: Neighbours,
  maxGapMs: number,
): Promise<readonly Run[]> {
  const { before, after } = neighbours;
  const near: Run[] = before === null ? [] : await spansEndingAt(writer, system, kind, before);
  if (after !== null) {
    const isWithin = before !== null && millisecondsOf(after) - millisecondsOf(before) <= maxGapMs;
    near.push(...(await spansAround(writer, system, kind, isWithin ? before : null, after)));
  }
  const { stored, removed } = withSnapshot(timestamp, values, near, neighbours, maxGapMs);
  for (const id of removed) await deleteSpan(writer, id);
  await storeSpanRows(writer, system, kind, stored);
  return stored;
}

/** Returns a function that finds the start of the span of a row in the newest snapshot of a system. */
export async function spansAt(
  reader: Reader,
  system: string,
  timestamp: string,
): Promise<(row: UserKey) => SpanStart | undefined> {
  const spans = await spanStarts(reader, system, 'user', timestamp);
  const startOf = new Map(spans.map((span) => [span.key, span]));
  return (row) => startOf.get(keyOf(row));
}

function keyOf({ username, project_code, queue_name }: UserKey): string {
  return JSON.stringify([username, project_code, queue_name]);
}

/** Parses the key of a stored span of a user. */
export function parseUserKey(key: string): UserKey {
  const [username, project_code, queue_name] = JSON.parse(key);
  return { username, project_code, queue_name };
}
