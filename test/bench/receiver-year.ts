import { isPostgresAddress } from '../../src/config/postgres.ts';
import { entriesOf, readSnapshot } from '../../src/server/status/read-snapshot.ts';
import { type Rollup, rollupText, sampleText, withSample } from '../../src/server/status/rollup.ts';
import { dayMs, hourMs, startOf } from '../../src/server/status/samples.ts';
import { userCounters } from '../../src/server/status/spans.ts';
import { type Location, withStore } from '../../src/server/store/open.ts';
import { insertSamples, insertSeries, type SeriesText, storeRollups } from '../../src/server/store/series.ts';
import { insertSnapshot } from '../../src/server/store/snapshots.ts';
import { addUserSums } from '../../src/server/store/user-sums.ts';
import { timestampOf } from '../../src/server/timestamp.ts';
import { snapshotEntry } from '../support/filled-outbox.ts';
import { addressOf } from '../support/postgres.ts';
import { randomFrom } from './random.ts';

export const systems = ['derecho', 'casper-like', 'third'];
const stepMs = 300_000;
const rawDays = 90;
const queues = 20;

/**
 * Fills an empty database with a year of snapshots of three systems as the default retention leaves it: 90 days at 5
 * minutes, and a year by the hour and day.
 */
export async function fillYear(database: string): Promise<void> {
  const location: Location = isPostgresAddress(database) ? addressOf(database) : database;
  await withStore(location, async (store) => {
    const random = randomFrom(11);
    for (const system of systems) {
      const now = Date.now();
      const { body } = snapshotEntry(system, { at: new Date(now), userRows: 0, reservations: 0, random });
      const { timestamp: _, ...parsed } = JSON.parse(body);
      const lists = Array.from({ length: queues }, (_, index) => ({ queue_name: `q${index}`, running_jobs: 5 }));
      const entries = entriesOf(readSnapshot(system, { ...parsed, queues: lists }), null);
      const bytes = new TextEncoder().encode(JSON.stringify({ ...parsed, queues: lists }));
      await store.transaction(async (writer) => {
        for (const { kind, name, values } of entries) {
          const seriesId = await insertSeries(writer, system, kind, name);
          const vary = () =>
            values.map((value) => (value === null ? null : Math.floor((value * (500 + random(500))) / 1000)));
          const samples: SeriesText[] = [];
          const rollups = new Map<number, Map<number, Rollup>>([
            [hourMs, new Map()],
            [dayMs, new Map()],
          ]);
          for (let at = now - 365 * dayMs; at < now; at += stepMs) {
            const sample = vary();
            if (at >= now - rawDays * dayMs) samples.push({ seriesId, at, data: sampleText(sample) });
            for (const [length, found] of rollups) {
              const start = startOf(at, length);
              found.set(start, withSample(found.get(start) ?? [], sample));
            }
          }
          await insertSamples(writer, samples);
          for (const [length, found] of rollups) {
            const list = [...found].map(([at, rollup]) => ({ seriesId, length, at, data: rollupText(rollup) }));
            await storeRollups(writer, list);
          }
        }
      });
      for (let day = rawDays; day > 0; day--) {
        await store.transaction(async (writer) => {
          for (let at = now - day * dayMs; at < now - (day - 1) * dayMs; at += stepMs) {
            const timestamp = timestampOf(new Date(at));
            const sent = { system, timestamp, receivedAt: timestamp, receivedFrom: 'bench', collectionFailed: null };
            await insertSnapshot(writer, { ...sent, body: bytes, inHistory: 1 });
          }
        });
      }
      await store.transaction(async (writer) => {
        for (let day = 365; day > 0; day--) {
          const at = startOf(now - day * dayMs, dayMs);
          const rows = Array.from({ length: 700 }, (_, index) => ({
            ...{ username: `u${index % 300}`, project_code: `p${index % 90}`, queue_name: `q${index % queues}` },
            counters: userCounters.map(() => index),
          }));
          await addUserSums(writer, system, dayMs, at, userCounters, rows.filter(unique()));
        }
      });
    }
  });
}

/** Returns a filter that lets each key pass once. */
function unique() {
  const seen = new Set<string>();
  return (row: { username: string; project_code: string; queue_name: string }) => {
    const key = `${row.username} ${row.project_code} ${row.queue_name}`;
    return !seen.has(key) && seen.add(key);
  };
}
