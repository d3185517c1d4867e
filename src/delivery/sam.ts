import { z } from 'zod';
import type { SamSettings } from '../config/sam.ts';
import { OperatorError } from '../lib/errors.ts';
import type { HttpReply } from '../lib/http.ts';
import { learnLogin } from '../lib/secrets.ts';
import type { Destination, Outcome, Prepared, Sent, StreamPlace } from './destination.ts';
import { jsonRequests } from './json-request.ts';
import { type ApiAnswer, type ApiDialect, type ApiSettings, jsonOf, judgeReply, storedBefore } from './judge.ts';

/** The SAM API's answer to a stored row. */
const acceptance = z.object({
  success: z.literal(true),
  status_id: z.int().optional(),
  outage_id: z.int().optional(),
});

/**
 * The meanings of a 500 by its text. The API answers 500 for "already stored", "never acceptable" and "database down"
 * (measured on the real server, on PostgreSQL and SQLite). The first pattern that matches wins.
 */
const serverErrors: readonly (readonly [RegExp, 'already-stored' | 'same-timestamp' | 'permanent'])[] = [
  [/uq_queue_status_timestamp_queue_id|UNIQUE constraint failed: queue_status\./, 'already-stored'],
  [/uq_casper_nodetype_timestamp_type|UNIQUE constraint failed: casper_node_type_status\./, 'already-stored'],
  [/uq_user_proj_queue_status_snapshot|UNIQUE constraint failed: user_proj_queue_status\./, 'already-stored'],
  // Unique without the system: another sender's snapshot of the same time gives the same answer.
  [/uq_filesystem_status_timestamp_filesystem_id|UNIQUE constraint failed: filesystem_status\./, 'same-timestamp'],
  [/Database error: \{'/, 'permanent'],
  [/StringDataRightTruncation|NumericValueOutOfRange|NUL \(0x00\)/, 'permanent'],
  [/NotNullViolation|NOT NULL constraint/, 'permanent'],
  [/offset-naive and offset-aware|Invalid isoformat/, 'permanent'],
  [/has no attribute|Database error: 'reservation_name'|defined enum values/, 'permanent'],
];

/**
 * The SAM status API (or the receiver, which speaks the same) as a destination. `name` is its name in `destinations:`.
 * Throws OperatorError, exit code 2, if its address or credentials are missing. The error names the env file for them.
 */
export function samDestination(settings: SamSettings, envFile = 'the env file', name = 'sam'): Destination {
  const { baseUrl, addressSetting, loginSetting, credentials } = settings;
  const [address, login] =
    name === 'sam'
      ? ["the SAM API's address is", 'the SAM API credentials are']
      : [`the address of the destination ${name} is`, `the credentials of the destination ${name} are`];
  if (baseUrl === null) {
    throw new OperatorError(`${address} not configured: set ${addressSetting} in the environment or in ${envFile}`);
  }
  if (credentials === null) {
    throw new OperatorError(`${login} not configured: set ${loginSetting} in the environment or in ${envFile}`);
  }
  learnLogin(credentials.user, credentials.password);
  const token = Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64');
  const requestOf = jsonRequests(name, baseUrl, settings);
  return {
    name,
    content: name === 'sam' ? 'status' : `status to ${name}`,
    address: baseUrl,
    usesCollectionTime: true,
    catchUp: settings.catch_up ?? (name === 'sam' ? 'oldest-first' : 'by-answer'),
    description: name === 'sam' ? `the SAM API at ${baseUrl}` : `${name} at ${baseUrl}`,
    maxPerMinute: settings.max_per_minute,
    maxBodyBytes: settings.max_body_bytes,
    request: (entry, body, sender) =>
      requestOf(entry, body, sender, {
        Authorization: `Basic ${token}`,
        ...(entry.failedProbes.length === 0
          ? {}
          : { 'X-Collection-Failed': headerText(entry.failedProbes.join(', ')) }),
      }),
    prepare: forPlace,
    reduce: withoutUserRows,
    omit: () => null,
    judge: (reply, sent) => judge(reply, sent, { addressSetting, loginSetting }),
  };
}

function judge(reply: HttpReply, sent: Sent, settings: ApiSettings): Outcome {
  const outcome = judgeReply(reply, sent.mayHaveArrived, apiFor(sent, settings));
  if (outcome.kind === 'misconfigured' && reply.kind === 'answer' && reply.status === 404 && rowIn(sent.body) === null)
    return { ...outcome, detail: `${outcome.detail}; hpc-collector doctor shows whether the API accepts this system` };
  const refusesRow =
    outcome.kind === 'misconfigured' &&
    reply.kind === 'answer' &&
    [403, 404].includes(reply.status) &&
    errorOf(reply.body);
  // The row does not exist any more, or may not be changed. The report is then sent as a row of its own.
  return refusesRow && rowIn(sent.body) !== null ? { kind: 'rejected', detail: outcome.detail } : outcome;
}

/** Returns the row that a report changes; null for any other body. */
function rowIn(body: string): number | null {
  return body.startsWith('{"outage_id":')
    ? (acceptance.partial().safeParse(jsonOf(body)).data?.outage_id ?? null)
    : null;
}

/** Replaces characters that are not printable ASCII, and cuts a long text, because servers refuse both in headers. */
function headerText(text: string): string {
  const safe = text.replace(/[^\x20-\x7e]/g, '?');
  return safe.length > 1000 ? `${safe.slice(0, 1000)}...` : safe;
}

const lists = z.looseObject({
  user_project_queues: z.array(z.unknown()).optional(),
  reservations: z.array(z.unknown()).optional(),
});

/** Matches JSON with a non-empty list of reservations. A string cannot match, because its quotes are escaped. */
const someReservations = /"reservations"\s*:(?!\s*\[\s*\])/;

/**
 * Leaves out the parts that the API handles wrongly at this place. Late user rows set the time of its spans back. Older
 * reservations overwrite newer ones and restore cancelled ones.
 */
function forPlace(body: string, { isLate, isNewest, outageRow }: StreamPlace): Prepared {
  const whole = { body, leftOut: [], ifRefused: null };
  if (outageRow !== null) return withRow(body, outageRow);
  // Parsing a large body takes as long as reading it from the outbox.
  if (!isLate && (isNewest || !someReservations.test(body))) return whole;
  const payload = lists.safeParse(jsonOf(body)).data;
  if (payload === undefined) return whole;
  const { reservations, ...rest } = payload;
  const withoutRows = isLate && rest.user_project_queues !== undefined;
  const leftOut = [
    ...(withoutRows && rest.user_project_queues?.length ? ['user_project_queues'] : []),
    ...(reservations?.length ? ['reservations'] : []),
  ];
  if (withoutRows) return { ...whole, body: JSON.stringify({ ...rest, user_project_queues: [] }), leftOut };
  return reservations === undefined ? whole : { ...whole, body: JSON.stringify(rest), leftOut };
}

/** Adds the id of the row, so that the report changes it. The API keeps the fields that are not sent (measured). */
function withRow(body: string, outageRow: number): Prepared {
  const payload = z.looseObject({}).parse(jsonOf(body));
  const words = `sending it as a row of its own: the staff of the API must close the row with outage_id ${outageRow}`;
  return { body: JSON.stringify({ outage_id: outageRow, ...payload }), leftOut: [], ifRefused: { body, words } };
}

/** The rows by user are most of a large snapshot, and the only list that the dashboard's totals do not need. */
function withoutUserRows(body: string): { body: string; leftOut: string } | null {
  const payload = lists.safeParse(jsonOf(body)).data;
  if (!payload?.user_project_queues?.length) return null;
  return { body: JSON.stringify({ ...payload, user_project_queues: [] }), leftOut: 'user_project_queues' };
}

const apiFor = (sent: Sent, settings: ApiSettings): ApiDialect => ({
  ...settings,
  acceptance: ({ status, body }) => (status === 201 ? acceptanceOf(body, rowIn(sent.body)) : null),
  errorOf,
  ownMeaning: (answer, detail) => (answer.status >= 500 ? meaningOfServerError(answer, detail, sent) : null),
});

function meaningOfServerError({ status, body }: ApiAnswer, detail: string, sent: Sent): Outcome | null {
  const error = errorOf(body);
  // Only the API's JSON is about the body. An HTML 500 comes from a proxy or from a crash of the API.
  const meaning =
    error === null ? undefined : serverErrors.find(([pattern]) => pattern.test(withoutStatement(error)))?.[1];
  if (
    meaning === 'already-stored' ||
    (meaning === 'same-timestamp' && (sent.mayHaveArrived || isOwnTimestamp(sent.body)))
  ) {
    return storedBefore(status, body);
  }
  return meaning === undefined ? null : { kind: 'rejected', detail };
}

/** True if no other system can have the body's timestamp: earlier versions sent three fractional digits. */
function isOwnTimestamp(body: string): boolean {
  return timestamped.safeParse(jsonOf(body)).success;
}

const timestamped = z.looseObject({ timestamp: z.string().regex(/\.\d{3}(?!000)\d{3}$/) });

/**
 * Returns the database's message without the SQL statement, whose values come from the request and can match a pattern.
 */
function withoutStatement(error: string): string {
  return error.split('[SQL:')[0] ?? error;
}

function acceptanceOf(body: string, row: number | null): string | null {
  const parsed = acceptance.safeParse(jsonOf(body));
  const { status_id, outage_id } = parsed.data ?? {};
  if (status_id !== undefined) return `status_id=${status_id}`;
  if (outage_id === undefined) return null;
  return row === null || row === outage_id
    ? `outage_id=${outage_id}`
    : `outage_id=${outage_id}, a row of its own: the staff of the API must close the row with outage_id ${row}`;
}

/**
 * The API's errors; those of its rate limiter have two more members. Strict, because gateways send `error` with others.
 */
const errorBody = z.strictObject({
  error: z.string(),
  limit: z.unknown().optional(),
  retry_after: z.unknown().optional(),
});

function errorOf(body: string): string | null {
  return errorBody.safeParse(jsonOf(body)).data?.error ?? null;
}
