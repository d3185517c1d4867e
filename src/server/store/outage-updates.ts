import type { Reader, Writer } from './port.ts';

/** An update of an outage. `changes` is JSON text: an object with the new value of each changed field. */
export type OutageUpdateRow = { readonly at: string; readonly received_from: string; readonly changes: string };

/** Adds an update to the time line of an outage. */
export async function insertUpdate(writer: Writer, outageId: number, update: OutageUpdateRow): Promise<void> {
  await writer.run(
    'INSERT INTO outage_updates (outage_id, at, received_from, changes) VALUES ($1, $2, $3, $4)',
    outageId,
    update.at,
    update.received_from,
    update.changes,
  );
}

/** Returns the updates of an outage, the oldest first. */
export function updatesOf(reader: Reader, outageId: number): Promise<OutageUpdateRow[]> {
  return reader.all<OutageUpdateRow>(
    'SELECT at, received_from, changes FROM outage_updates WHERE outage_id = $1 ORDER BY at, id',
    outageId,
  );
}
