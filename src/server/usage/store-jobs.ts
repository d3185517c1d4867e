import { noteReceived } from '../store/clusters.ts';
import { endsOfJobs, type JobIdentity, type ReceivedJobs, storeJobs } from '../store/jobs.ts';
import type { Writer } from '../store/port.ts';
import { clockOf, otherRequests, rebuildSegments, segmentDay } from './segments/rebuild.ts';

/** Rows that are read in about 5 ms. */
const sliceRows = 5000;

/** Stores jobs, and makes the segments of the days on which they end now and on which they ended before. */
export async function storeAndSegment(writer: Writer, received: ReceivedJobs): Promise<void> {
  const { cluster: name, columns, rows, receivedAt } = received;
  if (rows.length === 0) return;
  const cluster = await noteReceived(writer, name, receivedAt);
  const clock = clockOf(cluster);
  const place = (column: (typeof columns)[number]) => columns.indexOf(column);
  const [id, submit, start, end] = [place('job_id'), place('submit'), place('start'), place('end')];
  const days = new Set<number>();
  const keys: JobIdentity[] = [];
  for (const [index, row] of rows.entries()) {
    if (index % sliceRows === 0) await otherRequests();
    const key = { id: String(row[id]), submit: String(row[submit]) };
    keys.push(key);
    days.add(segmentDay(clock, { submit: key.submit, start: textIn(row[start]), end: textIn(row[end]) }));
  }
  for await (const ends of endsOfJobs(writer, name, keys)) {
    for (const end of ends) days.add(clock.dayOf(clock.timeOf(end)));
    await otherRequests();
  }
  await storeJobs(writer, received);
  await rebuildSegments(writer, cluster, days);
}

function textIn(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
