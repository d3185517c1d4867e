import type { ReadingClient } from '../auth/caller.ts';
import { type Answered, json } from '../http/answer.ts';
import type { Call } from '../http/routing.ts';
import { probesOf } from '../status/read-snapshot.ts';
import { type CollectorStream, type CollectorStreamRow, collectorStreams } from '../store/collectors.ts';
import type { Reader, Store } from '../store/port.ts';
import { millisecondsOf } from '../timestamp.ts';
import type { CollectorStatus, StreamStatus } from './collector-status.ts';

/** Returns the handler that lists the collectors. */
export function getCollectors(store: Store) {
  return async (_: Call, { seesNames }: ReadingClient): Promise<Answered> => ({
    response: json(200, JSON.stringify(await collectorsAt(store, seesNames))),
  });
}

async function collectorsAt(reader: Reader, seesNames: boolean): Promise<CollectorStatus[]> {
  const byHost = Map.groupBy(await collectorStreams(reader), ({ host }) => host);
  return [...byHost].map(([host, rows]) => {
    const newest = rows.toSorted((one, other) => (one.requested_at < other.requested_at ? 1 : -1));
    return {
      host,
      version: newest[0]?.version ?? '',
      waiting: waitingOf(newest),
      last_request: newest[0]?.requested_at ?? '',
      last_delivery: latest(rows.map((row) => row.delivered_at)),
      streams: rows.map((row) => statusOf(row, seesNames)),
    };
  });
}

/** The kinds that share a destination, whose entries each request counts. */
const destinationKinds: readonly (readonly CollectorStream['kind'][])[] = [['status', 'outage'], ['jobs'], ['samples']];

function waitingOf(newest: readonly CollectorStreamRow[]): number | null {
  const counts = destinationKinds.flatMap((kinds) => newest.find(({ kind }) => kinds.includes(kind))?.waiting ?? []);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

function statusOf(row: CollectorStreamRow, seesNames: boolean): StreamStatus {
  const { kind, name, delivered_at, snapshot_at, snapshot_received_at, refused_at, refused_status } = row;
  return {
    kind,
    name: name === '' ? null : name,
    last_delivery: delivered_at,
    timestamp: snapshot_at,
    delay:
      snapshot_at === null || snapshot_received_at === null
        ? null
        : Math.max(0, (millisecondsOf(snapshot_received_at) - millisecondsOf(snapshot_at)) / 1000),
    failed_probes: probesOf(row.collection_failed),
    refused:
      refused_at === null || refused_status === null
        ? null
        : { at: refused_at, status: refused_status, reason: seesNames ? row.refused_because : null },
  };
}

function latest(times: readonly (string | null)[]): string | null {
  return (
    times
      .filter((time) => time !== null)
      .sort()
      .at(-1) ?? null
  );
}
