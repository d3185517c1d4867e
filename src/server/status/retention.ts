import type { ReceiverSettings } from '../../config/receiver.ts';
import type { Store, Writer } from '../store/port.ts';
import {
  deleteDeliveries,
  deleteReservationChanges,
  deleteRollups,
  deleteSamples,
  deleteSnapshots,
  deleteSpans,
  deleteStates,
  deleteUserSums,
} from '../store/retention.ts';
import { systemsWithHistory } from '../store/series.ts';
import { type BackgroundWork, startBackground } from './background.ts';
import { canonicalTime } from './period.ts';
import { dayMs, hourMs } from './samples.ts';

/** For how many days the history of systems is kept (receiver.yaml). */
export type Retention = ReceiverSettings['retention'];

/** The counters of users change so often that they would take more space than all the rest. Their sums are kept. */
export const userSpanDays = 14;

const firstRunMs = 60_000;
const betweenRunsMs = hourMs;
/** Between two steps, so that deleting takes a small part of the disk's time. */
const betweenStepsMs = 50;

/**
 * Deletes records that are older than their retention, every hour and in small steps. Several receivers of one
 * database may do it.
 * @param report takes an error, after which the work goes on at the next hour
 */
export function startRetention(store: Store, retention: Retention, report: (error: unknown) => void): BackgroundWork {
  return startBackground(async (pause) => {
    let isDue = await pause(firstRunMs);
    while (isDue) {
      await deleteOld(store, retention, new Date(), () => pause(betweenStepsMs)).catch(report);
      isDue = await pause(betweenRunsMs);
    }
  });
}

/**
 * Deletes records that are older than their retention. The newest snapshot of each system stays.
 * @param between runs after each step, and returns false to end the work
 */
export async function deleteOld(
  store: Store,
  { raw_days, hourly_days, daily_days }: Retention,
  now: Date,
  between: () => Promise<boolean> = () => Promise.resolve(true),
): Promise<void> {
  const before = (days: number) => now.getTime() - days * dayMs;
  const [raw, hourly, daily] = [before(raw_days), before(hourly_days), daily_days === null ? null : before(daily_days)];
  const steps: ((writer: Writer) => Promise<number>)[] = [(writer) => deleteDeliveries(writer, canonicalTime(raw))];
  for (const system of await systemsWithHistory(store)) {
    steps.push(
      (writer) => deleteSnapshots(writer, system, canonicalTime(raw)),
      (writer) => deleteSamples(writer, system, raw),
      (writer) => deleteSpans(writer, system, 'user', canonicalTime(before(Math.min(raw_days, userSpanDays)))),
      (writer) => deleteRollups(writer, system, hourMs, hourly),
      (writer) => deleteUserSums(writer, system, hourMs, hourly),
      (writer) => deleteSpans(writer, system, 'state', canonicalTime(hourly)),
      (writer) => deleteStates(writer, system, canonicalTime(hourly)),
      (writer) => deleteReservationChanges(writer, system, canonicalTime(hourly)),
    );
    if (daily === null) continue;
    steps.push(
      (writer) => deleteRollups(writer, system, dayMs, daily),
      (writer) => deleteUserSums(writer, system, dayMs, daily),
    );
  }
  for (const step of steps) {
    let deleted = 1;
    while (deleted > 0) {
      deleted = await store.transaction(step);
      if (!(await between())) return;
    }
  }
}
