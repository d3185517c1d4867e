import type { Writer } from '../store/port.ts';
import {
  deleteState,
  type StateRow,
  statesAt,
  statesBetween,
  storeResources,
  storeStates,
} from '../store/resources.ts';
import { laterBy, millisecondsOf } from '../timestamp.ts';
import { resourceId, type StateCondition } from './conditions.ts';
import type { Neighbours } from './runs.ts';
import { staleSeconds } from './state.ts';

/** The status of a resource that is no longer in the snapshots of its system. */
export const gone = 'gone';

/**
 * Stores the changes of status that a snapshot shows. The result is the same in any order of the snapshots: a late
 * one changes only the time between its neighbours.
 */
export async function storeConditions(
  writer: Writer,
  system: string,
  timestamp: string,
  conditions: readonly StateCondition[],
  { before, after }: Neighbours,
): Promise<void> {
  const seen = new Map(conditions.map((condition) => [resourceId(system, condition), condition]));
  const earlier = new Map(
    (await statesAt(writer, system, before ?? timestamp)).map((row) => [row.resource, row.status]),
  );
  const rows = after === null ? [] : await statesBetween(writer, system, before ?? '', after);
  const silent = before === null ? null : laterBy(before, staleSeconds);
  // Retention has deleted snapshots between the neighbours. Their changes are right and must stay.
  if (rows.some(({ at }) => at !== silent && at !== after)) return;

  const added = [...seen].filter(([resource]) => !earlier.has(resource));
  await storeResources(
    writer,
    added.map(([resource, { kind, name }]) => ({ resource, system, kind, name, first_seen: timestamp })),
  );
  const stored = Map.groupBy(rows, ({ resource }) => resource);
  const changed: StateRow[] = [];
  for (const resource of new Set([...earlier.keys(), ...seen.keys()])) {
    const existing = new Map((stored.get(resource) ?? []).map(({ at, status }) => [at, status]));
    const status = earlier.get(resource) ?? null;
    const points: Point[] = [
      { at: before ?? '', status },
      { at: timestamp, status: seen.get(resource)?.status ?? null },
    ];
    if (after !== null) {
      points.push({ at: after, status: existing.get(after) ?? existing.get(silent ?? '') ?? status });
    }
    const wanted = changesBetween(points);
    for (const at of existing.keys()) if (!wanted.has(at)) await deleteState(writer, resource, at);
    for (const [at, status] of wanted) if (existing.get(at) !== status) changed.push({ resource, at, status });
  }
  await storeStates(writer, changed);
}

/** The status at the time of a snapshot; null if the snapshot does not have the resource. */
type Point = { readonly at: string; readonly status: string | null };

/** Returns the changes after the first of some consecutive snapshots. */
function changesBetween([first, ...others]: readonly Point[]): Map<string, string> {
  const changes = new Map<string, string>();
  let last = first;
  for (const { at, status } of others) {
    const before = last?.status ?? null;
    const isKnown = before !== null && before !== gone;
    const isSilent = isKnown && before !== 'unknown' && isOver(last?.at ?? '', at);
    if (isSilent) changes.set(laterBy(last?.at ?? '', staleSeconds), 'unknown');
    const now = status ?? (before === null ? null : gone);
    if (now !== null && now !== (isSilent ? 'unknown' : before)) changes.set(at, now);
    last = { at, status: now };
  }
  return changes;
}

function isOver(from: string, to: string): boolean {
  return millisecondsOf(to) - millisecondsOf(from) > staleSeconds * 1000;
}
