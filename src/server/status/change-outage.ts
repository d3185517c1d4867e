import { z } from 'zod';
import type { ShownName } from '../auth/caller.ts';
import { RequestProblem } from '../http/problem.ts';
import { changeOutage, deleteOutage, type OutageChange, outageById, type StoredOutageRow } from '../store/outages.ts';
import type { Reader, Store } from '../store/port.ts';
import { timestampOf } from '../timestamp.ts';
import { absentAsNull, time } from './fields.ts';
import { noteUpdate, type OutageUpdate, timelineOfOutage } from './outage-updates.ts';
import { outageSchema } from './schemas.ts';
import { validated } from './validate.ts';

const emptyAsNull = (value: unknown) => (value === '' ? null : value);
const { title, severity, status, component, description } = outageSchema.shape;

/** The members that can be changed. Other members are ignored, as in the SAM API. An absent member changes nothing. */
export const changeSchema = z.looseObject({
  title: title.optional(),
  severity: severity.optional(),
  status: status.unwrap().optional(),
  component: z.preprocess(emptyAsNull, component.unwrap()).optional(),
  description: z.preprocess(emptyAsNull, description.unwrap()).optional(),
  end_time: z.preprocess(absentAsNull, time.nullable()).optional(),
  estimated_resolution: z.preprocess(absentAsNull, time.nullable()).optional(),
});

type Change = z.output<typeof changeSchema>;

/** An outage with its time line. */
type OutageWithUpdates = StoredOutageRow & { readonly updates: readonly OutageUpdate[] };

/** @throws RequestProblem 404 */
export async function showOutage(reader: Reader, id: number, shownName: ShownName): Promise<OutageWithUpdates> {
  const outage = found(await outageById(reader, id));
  return { ...outage, updates: await timelineOfOutage(reader, id, shownName) };
}

/**
 * Changes an outage, and returns the SAM API's answer. An outage that is resolved without an end ends now. One that is
 * opened again has no end.
 * @throws RequestProblem 400, or 404 for an unknown outage
 */
export function patchOutage(
  store: Store,
  id: number,
  body: Readonly<Record<string, unknown>>,
  user: string,
  now: Date,
): Promise<Readonly<Record<string, unknown>>> {
  return store.transaction(async (writer) => {
    const before = found(await outageById(writer, id));
    const after = changed(before, validated(changeSchema, body), timestampOf(now));
    await changeOutage(writer, id, after, timestampOf(now));
    await noteUpdate(writer, before, { ...before, ...after }, timestampOf(now), user);
    return { success: true, outage_id: id, status: after.status };
  });
}

/** Deletes an outage. @throws RequestProblem 404 */
export function removeOutage(store: Store, id: number): Promise<Readonly<Record<string, unknown>>> {
  return store.transaction(async (writer) => {
    if (!(await deleteOutage(writer, id))) throw new RequestProblem(404, 'Not found');
    return { success: true };
  });
}

function changed(before: StoredOutageRow, change: Change, now: string): OutageChange {
  const { title, severity, status = before.status, component, description, estimated_resolution } = change;
  const end_time = change.end_time === undefined ? endOf(before, status, now) : change.end_time;
  if (end_time !== null && end_time < before.start_time) {
    throw new RequestProblem(400, `end_time: must not be before the start, ${before.start_time}`);
  }
  return {
    title: title ?? before.title,
    severity: severity ?? before.severity,
    status,
    component: component === undefined ? before.component : component,
    description: description === undefined ? before.description : description,
    end_time,
    estimated_resolution: estimated_resolution === undefined ? before.estimated_resolution : estimated_resolution,
  };
}

function endOf({ status: before, start_time, end_time }: StoredOutageRow, status: string, now: string): string | null {
  if (status !== 'resolved') return before === 'resolved' ? null : end_time;
  if (end_time !== null && end_time <= now) return end_time;
  // Planned maintenance may be resolved before it begins.
  return now < start_time ? start_time : now;
}

function found(outage: StoredOutageRow | null): StoredOutageRow {
  if (outage === null) throw new RequestProblem(404, 'Not found');
  return outage;
}
