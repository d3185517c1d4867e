/** A database of a receiver with snapshots and outages of given times, without a receiver. */

import { RequestProblem } from '../../../src/server/http/problem.ts';
import { storeOutage } from '../../../src/server/status/outages.ts';
import { storeSnapshot } from '../../../src/server/status/snapshots.ts';
import { sha256Of } from '../../../src/server/store/deliveries.ts';
import { openStore } from '../../../src/server/store/open.ts';
import { freshDatabasePath, type Json } from '../helper.ts';
import { leastTotals } from '../samples.ts';

export async function openStatusStore() {
  const { path, remove } = freshDatabasePath();
  const store = await openStore(path);

  function deliveryOf(value: Json, receivedAt: string) {
    const bytes = new TextEncoder().encode(JSON.stringify(value));
    const sent = { path: '/', user: 'sender', key: null, stream: null };
    return { ...sent, bytes, value, sha256: sha256Of(bytes), receivedAt: new Date(`${receivedAt}Z`) };
  }

  return {
    store,
    /** Stores a snapshot of a time, such as `2026-03-01T10:00:00`, and returns its answer. */
    async snapshot(system: string, timestamp: string, members: Json = {}, failed: string | null = null): Promise<Json> {
      const hub = 'available' in members ? {} : leastTotals;
      const delivery = deliveryOf({ ...hub, timestamp, ...members }, timestamp);
      return JSON.parse((await storeSnapshot(store, system, failed, delivery)).answer);
    },
    /** Stores an outage that was reported at a time, and returns its id. */
    async outage(receivedAt: string, members: Json): Promise<number> {
      const { answer } = await storeOutage(store, deliveryOf(members, receivedAt));
      return JSON.parse(answer).outage_id;
    },
    async close() {
      await store.close();
      remove();
    },
  };
}

/** What a function returns, or the status and words with which it refuses. */
export async function outcome(asked: Promise<unknown>): Promise<unknown> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof RequestProblem)) throw error;
    return [error.status, error.message];
  });
}

export type StatusStore = Awaited<ReturnType<typeof openStatusStore>>;
