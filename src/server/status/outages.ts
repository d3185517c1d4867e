import { outageStatuses } from '../../snapshot/limits.ts';
import { RequestProblem } from '../http/problem.ts';
import { flagParameter } from '../http/query.ts';
import { type Stored, storeOnce } from '../store/deliveries.ts';
import { listOutages, outageById, outageByKey, type StoredOutageRow, storeReport } from '../store/outages.ts';
import type { Reader, Store } from '../store/port.ts';
import { timestampOf } from '../timestamp.ts';
import type { StatusDelivery } from './delivery.ts';
import { noteUpdate } from './outage-updates.ts';
import { outageSchema } from './schemas.ts';
import { validated } from './validate.ts';

const required = ['system_name', 'title', 'severity'];

/**
 * Validates and stores a report of an outage, and returns the SAM API's answer. A report with a known `outage_key`
 * changes the row of that outage, and the answer repeats the key; the SAM API makes a new row.
 * @throws RequestProblem 400
 */
export function storeOutage(store: Store, delivery: StatusDelivery): Promise<Stored> {
  return storeOnce(store, delivery, async (writer) => {
    // The SAM API counts a required but empty field as missing.
    const given = Object.entries(delivery.value).filter(
      ([field, value]) => !(required.includes(field) && (value === '' || value === null)),
    );
    const outage = validated(outageSchema, Object.fromEntries(given));
    const key = outage.outage_key ?? null;
    const receivedAt = timestampOf(delivery.receivedAt);
    const before = key === null ? null : await outageByKey(writer, key);
    const id = await storeReport(writer, {
      system: outage.system_name,
      title: outage.title,
      severity: outage.severity,
      status: outage.status,
      component: outage.component,
      description: outage.description,
      start: outage.start_time ?? null,
      end: outage.end_time,
      estimatedResolution: outage.estimated_resolution ?? null,
      key,
      reportedAt: outage.outage_reported_at ?? null,
      receivedAt,
      receivedFrom: delivery.user,
      body: delivery.bytes,
    });
    const after = await outageById(writer, id);
    if (after) await noteUpdate(writer, before, after, outage.outage_reported_at ?? receivedAt, delivery.user);
    const answer = JSON.stringify({
      success: true,
      message: 'Outage reported successfully',
      outage_id: id,
      system_name: outage.system_name,
      severity: outage.severity,
      ...(key === null ? {} : { outage_key: key }),
    });
    return { answer, replayed: false };
  });
}

/**
 * Returns the outages, newest first. Query parameters: `system_name` in any case, because the guide writes `Derecho` and
 * the collectors write `derecho`; `status`; `include_resolved` (default: false, or true with `status=resolved`, as in the
 * SAM API). An outage is resolved if its status says so or its end has passed.
 * @throws RequestProblem 400 for an unknown status or truth value
 */
export async function outagesFor(reader: Reader, query: URLSearchParams, now: Date): Promise<StoredOutageRow[]> {
  const status = query.get('status') || null;
  if (status !== null && !outageStatuses.some((known) => known === status)) {
    throw new RequestProblem(400, `status: must be one of ${outageStatuses.join(', ')}`);
  }
  return await listOutages(reader, {
    system: query.get('system_name') || null,
    status,
    includeResolved: flagParameter(query, 'include_resolved', status === 'resolved'),
    now: timestampOf(now),
  });
}

/** The period of an answer. Times are canonical text (timestamp.ts). */
type AnsweredPeriod = { readonly system: string; readonly from: string; readonly to: string };

/**
 * Returns the history of a system or of one of its parts, with the outages of the system in its period if the query
 * parameter `include` asks for them.
 * @throws RequestProblem 400 for another value of `include`
 */
export async function withOutagesInPeriod<History extends AnsweredPeriod>(
  reader: Reader,
  history: History,
  query: URLSearchParams,
  now: Date,
): Promise<History & { readonly outages?: readonly StoredOutageRow[] }> {
  const include = query.get('include') || null;
  if (include === null) return history;
  if (include !== 'outages') throw new RequestProblem(400, 'include: must be outages');
  const { system, from, to } = history;
  const all = await listOutages(reader, { system, status: null, includeResolved: true, now: timestampOf(now) });
  const outages = all.filter(({ start_time, end_time }) => start_time < to && (end_time === null || end_time >= from));
  return { ...history, outages };
}
