import type { Writer } from '../store/port.ts';
import { neighboursOf } from '../store/resources.ts';
import type { HistoryMark } from '../store/snapshots.ts';
import { addUserSums } from '../store/user-sums.ts';
import { millisecondsOf } from '../timestamp.ts';
import { conditionsOf } from './conditions.ts';
import type { UserProjectQueue } from './entries.ts';
import { entriesOf, type ReadSnapshot } from './read-snapshot.ts';
import { storeConditions } from './resource-states.ts';
import { addSamples, periods, type SeriesIds, startOf } from './samples.ts';
import { storeState, storeUserSpans, userCounters } from './spans.ts';
import { stateOfSnapshot } from './state.ts';

/** The rows that a snapshot added to the history. */
export type Recorded = {
  readonly mark: HistoryMark;
  readonly idOf: SeriesIds;
  /** The ids of the spans of users that began with the snapshot. */
  readonly spanIds: readonly number[];
};

/**
 * Adds a snapshot to the history of its system: samples, states, and the counters of users. Snapshots may come in any
 * order, each of them once. The row of the snapshot may be stored before or after.
 */
export async function addToHistory(
  writer: Writer,
  stored: { readonly system: string; readonly timestamp: string; readonly collectionFailed: string | null },
  read: ReadSnapshot,
): Promise<Recorded> {
  const { system, timestamp, collectionFailed } = stored;
  const at = millisecondsOf(timestamp);
  const { idOf, isAdded } = await addSamples(writer, system, at, entriesOf(read, collectionFailed));
  if (!isAdded) return { mark: 2, idOf, spanIds: [] };
  const neighbours = await neighboursOf(writer, system, timestamp);
  await storeState(writer, system, timestamp, stateOfSnapshot(read), neighbours);
  await storeConditions(writer, system, timestamp, conditionsOf(system, read), neighbours);
  const users = read.kind === 'batch' ? read.snapshot.user_project_queues : [];
  await addSums(writer, system, at, users);
  const spanIds = read.kind === 'batch' ? await storeUserSpans(writer, system, timestamp, users, neighbours) : [];
  return { mark: 1, idOf, spanIds };
}

async function addSums(writer: Writer, system: string, at: number, users: readonly UserProjectQueue[]): Promise<void> {
  if (users.length === 0) return;
  const rows = users.map((row) => ({ ...row, counters: userCounters.map((counter) => row[counter]) }));
  for (const period of periods) await addUserSums(writer, system, period, startOf(at, period), userCounters, rows);
}
