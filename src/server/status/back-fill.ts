import { RequestProblem } from '../http/problem.ts';
import type { Store, Writer } from '../store/port.ts';
import {
  markSnapshot,
  newestWithoutHistory,
  type StoredSnapshot,
  snapshotsWithoutHistory,
  snapshotWithoutHistory,
} from '../store/snapshots.ts';
import { addToHistory } from './add-to-history.ts';
import { type BackgroundWork, startBackground } from './background.ts';
import { type ReadSnapshot, readStored } from './read-snapshot.ts';

/** So many snapshots take some ten milliseconds. */
const sliceSize = 5;
const pauseMs = 20;

/**
 * Adds the snapshots that an older version stored to the history, some at a time. It goes on after a restart, and
 * several receivers of one database may do it at once.
 * @param report takes an error, after which the work ends until the next start
 */
export function startBackFill(store: Store, report: (error: unknown) => void): BackgroundWork {
  return startBackground(async (pause) => {
    try {
      await backFillNewest(store);
      while ((await backFillSlice(store)) > 0 && (await pause(pauseMs)));
    } catch (error) {
      report(error);
    }
  });
}

/** Adds some snapshots to the history, and returns their number: 0 if all are in it. */
export async function backFillSlice(store: Store): Promise<number> {
  if ((await snapshotsWithoutHistory(store, 1)).length === 0) return 0;
  return await store.transaction(async (writer) => {
    // Read again: another receiver may have added some.
    const snapshots = await snapshotsWithoutHistory(writer, sliceSize);
    for (const snapshot of snapshots) await addStored(writer, snapshot);
    return snapshots.length;
  });
}

/** Adds the newest snapshot of each system, so that its current state is known at once. */
async function backFillNewest(store: Store): Promise<void> {
  for (const { id } of await newestWithoutHistory(store)) {
    await store.transaction(async (writer) => {
      const snapshot = await snapshotWithoutHistory(writer, id);
      if (snapshot) await addStored(writer, snapshot);
    });
  }
}

async function addStored(writer: Writer, stored: StoredSnapshot): Promise<void> {
  const read = readIfValid(stored);
  const mark = read === null ? 2 : (await addToHistory(writer, stored, read)).mark;
  await markSnapshot(writer, stored.id, mark);
}

/** Returns null for a snapshot that a version with weaker rules stored. */
function readIfValid(stored: StoredSnapshot): ReadSnapshot | null {
  try {
    return readStored(stored);
  } catch (error) {
    if (error instanceof RequestProblem) return null;
    throw error;
  }
}
