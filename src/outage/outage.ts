import { z } from 'zod';
import { OperatorError } from '../lib/errors.ts';
import { plainWords } from '../lib/plain-words.ts';
import { naiveUtc } from '../lib/time.ts';
import { parseTimestamp } from '../lib/timestamp.ts';
import { outageStatuses, severities } from '../snapshot/limits.ts';

const clean = (text: string) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) && text.isWellFormed();
/** PostgreSQL counts characters by code points, so do the same. */
const text = (max: number) =>
  z
    .string({ error: 'must be given' })
    .trim()
    .min(1, 'must not be empty')
    .refine((value) => [...value].length <= max, `must have at most ${max} characters`)
    .refine(clean, 'must not have control characters');
const oneOf = (words: readonly string[]) => ({ error: `must be one of ${words.join(', ')}` });
const time = z.string().transform((value, context) => {
  const timestamp = parseTimestamp(value);
  if (timestamp) return timestamp;
  context.addIssue({ code: 'custom', message: 'is not a time such as 2025-11-25T14:30 (UTC)' });
  return z.NEVER;
});

/**
 * The body of an outage report (SAM status API). The system name is lower case, because the API would make another
 * system of any other spelling. SAM ignores members that begin with `outage_`; the receiver identifies the outage by
 * its key.
 */
export const outageBody = z
  .object({
    system_name: text(32).toLowerCase(),
    title: text(255),
    severity: z.enum(severities, oneOf(severities)),
    status: z.enum(outageStatuses, oneOf(outageStatuses)),
    component: text(128).optional(),
    description: text(100_000).optional(),
    start_time: time,
    end_time: time.optional(),
    estimated_resolution: time.optional(),
    outage_key: z.uuid(),
    outage_reported_at: time,
    /** The rule that detected the outage, and the affected things. */
    outage_rule: z.object({ name: z.string(), affected: z.array(z.string()) }).optional(),
  })
  .superRefine((body, context) => {
    const { start_time: start, end_time: end, estimated_resolution: eta, outage_reported_at: now } = body;
    const refuse = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    if (start > now && body.severity !== 'maintenance')
      refuse('start_time', 'is in the future: only maintenance is planned');
    if (end && end < start) refuse('end_time', 'is before the start');
    if (end && end > now) refuse('end_time', 'is in the future: resolve it then');
    if (eta && eta < start) refuse('estimated_resolution', 'is before the start');
    if ((body.status === 'resolved') !== (end !== undefined))
      refuse('end_time', 'is given with the status resolved, and only then');
  });

/** An outage as of its last report. */
export type Outage = z.output<typeof outageBody>;

/** The flags of the command line, by member. */
const flags: Readonly<Record<string, string>> = {
  system_name: 'SYSTEM',
  start_time: '--start',
  end_time: '--end',
  estimated_resolution: '--eta',
};

/** Makes an outage from its members. Throws OperatorError that lists everything wrong in one line. */
export function outageOf(members: Readonly<Record<string, unknown>>): Outage {
  const { data, error } = outageBody.safeParse(members, { error: plainWords });
  if (data) return data;
  const problems = error.issues.map(({ path, message }) => {
    const field = String(path[0] ?? '');
    return `${flags[field] ?? `--${field}`} ${message}`;
  });
  throw new OperatorError(`nothing is reported: ${problems.join('; ')}`);
}

/** Returns the request body. */
export function bodyOf(outage: Outage): string {
  const { start_time, end_time, estimated_resolution, outage_reported_at, ...rest } = outage;
  return JSON.stringify({
    ...rest,
    // Always send the start: a report that is delivered late would otherwise begin at its delivery.
    start_time: naiveUtc(start_time),
    ...(end_time ? { end_time: naiveUtc(end_time) } : {}),
    ...(estimated_resolution ? { estimated_resolution: naiveUtc(estimated_resolution) } : {}),
    outage_reported_at: naiveUtc(outage_reported_at),
  });
}
