import type { ShownName } from '../auth/caller.ts';
import { insertUpdate, updatesOf } from '../store/outage-updates.ts';
import type { StoredOutageRow } from '../store/outages.ts';
import type { Reader, Writer } from '../store/port.ts';

/** The fields whose changes are the time line of an outage. */
const fields = [
  'system_name',
  'title',
  'severity',
  'status',
  'component',
  'description',
  'start_time',
  'end_time',
  'estimated_resolution',
] as const;

/** An update of an outage: the new value of each changed field. The first update has the first values. */
export type OutageUpdate = {
  readonly at: string;
  /** The user or key that sent it; absent if the client may not see names. */
  readonly by?: string;
  readonly changes: Readonly<Record<string, string | null>>;
};

/** Adds what has changed in an outage to its time line. Nothing is added if nothing has changed. */
export async function noteUpdate(
  writer: Writer,
  before: StoredOutageRow | null,
  after: StoredOutageRow,
  at: string,
  by: string,
): Promise<void> {
  const changed = fields.filter((field) => after[field] !== (before?.[field] ?? null));
  if (changed.length === 0) return;
  const changes = JSON.stringify(Object.fromEntries(changed.map((field) => [field, after[field]])));
  await insertUpdate(writer, after.outage_id, { at, received_from: by, changes });
}

/** Returns the time line of an outage, the oldest update first. */
export async function timelineOfOutage(reader: Reader, id: number, shownName: ShownName): Promise<OutageUpdate[]> {
  const rows = await updatesOf(reader, id);
  return rows.map(({ at, received_from, changes }) => {
    const by = shownName(received_from);
    return { at, ...(by !== null && { by }), changes: JSON.parse(changes) };
  });
}
