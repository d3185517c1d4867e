import type { Reader, Writer } from '../store/port.ts';
import { extendSpan, insertSpan, openSpans, type SpanKey, type SpanStart, spanStarts } from '../store/spans.ts';
import { millisecondsOf, timestampOf } from '../timestamp.ts';
import type { UserProjectQueue } from './entries.ts';

/** The time of four missed snapshots. The counters during a longer gap are unknown, so the span ends before it. */
const maxGapMs = 20 * 60_000;

/**
 * Stores the counters of users, projects and queues as spans: while the counters of a row stay the same, only the end
 * of its span moves. Call it with snapshots in the order of their timestamps. Returns the ids of the new spans.
 */
export async function storeSpans(
  writer: Writer,
  system: string,
  timestamp: string,
  rows: readonly UserProjectQueue[],
): Promise<number[]> {
  // Read all open spans in one query: separate queries for several thousand rows take ten times as long.
  const open = await openSpans(writer, system, timestampOf(new Date(millisecondsOf(timestamp) - maxGapMs)));
  // The span that was added last continues.
  const lastOf = new Map(open.map((span) => [keyOf(span), span]));
  const added: number[] = [];
  for (const row of rows) {
    const counters = JSON.stringify(countersOf(row));
    const last = lastOf.get(keyOf(row));
    if (last?.counters === counters) await extendSpan(writer, last.id, timestamp);
    else added.push(await insertSpan(writer, system, row, counters, timestamp));
  }
  return added;
}

/** Returns a function that finds the start of the span of a row in the newest snapshot of a system. */
export async function spansAt(
  reader: Reader,
  system: string,
  timestamp: string,
): Promise<(row: SpanKey) => SpanStart | undefined> {
  const spans = await spanStarts(reader, system, timestamp);
  const startOf = new Map(spans.map((span) => [keyOf(span), span]));
  return (row) => startOf.get(keyOf(row));
}

function keyOf({ username, project_code, queue_name }: SpanKey): string {
  return JSON.stringify([username, project_code, queue_name]);
}

function countersOf(row: UserProjectQueue) {
  return {
    running_jobs: row.running_jobs,
    pending_jobs: row.pending_jobs,
    held_jobs: row.held_jobs,
    cores_allocated: row.cores_allocated,
    gpus_allocated: row.gpus_allocated,
    nodes_allocated: row.nodes_allocated,
    cores_pending: row.cores_pending,
    gpus_pending: row.gpus_pending,
    cores_held: row.cores_held,
    gpus_held: row.gpus_held,
  };
}
