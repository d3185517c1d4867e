import { z } from 'zod';
import { OperatorError } from '../lib/errors.ts';
import { parseMoment } from '../lib/moment.ts';
import { outageStatuses, severities } from '../lib/outage-words.ts';
import { naiveUtc } from '../lib/time.ts';

const clean = (text: string) => !/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) && text.isWellFormed();
/** Characters as PostgreSQL counts them. */
const text = (max: number) =>
  z
    .string({ error: 'must be given' })
    .trim()
    .min(1, 'must not be empty')
    .refine((value) => [...value].length <= max, `must have at most ${max} characters`)
    .refine(clean, 'must not have control characters');
const oneOf = (words: readonly string[]) => ({ error: `must be one of ${words.join(', ')}` });
const time = z.string().transform((value, context) => {
  const moment = parseMoment(value);
  if (moment) return moment;
  context.addIssue({ code: 'custom', message: 'is no time such as 2025-11-25T14:30 (UTC)' });
  return z.NEVER;
});

/**
 * What is sent of an outage (contracts of the SAM status API). Its system in the API's lower case: in another it would be a
 * second system. The SAM API passes over what begins with `outage_`; the receiver knows the outage by its key.
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
    /** The rule that detected it, and what it found affected. */
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
    if ((body.status === 'resolved') !== (end !== undefined)) refuse('end_time', 'goes with the status resolved');
  });

/** One outage as it stands: the last that was said of it. */
export type Outage = z.output<typeof outageBody>;

/** How people give what is wrong. */
const flags: Readonly<Record<string, string>> = {
  system_name: 'SYSTEM',
  start_time: '--start',
  end_time: '--end',
  estimated_resolution: '--eta',
};

/** The outage that these members make. Throws OperatorError that names everything that is wrong with them, in one line. */
export function outageOf(members: Readonly<Record<string, unknown>>): Outage {
  const { data, error } = outageBody.safeParse(members);
  if (data) return data;
  const problems = error.issues.map(({ path, message }) => {
    const field = String(path[0] ?? '');
    return `${flags[field] ?? `--${field}`} ${message}`;
  });
  throw new OperatorError(`nothing is reported: ${problems.join('; ')}`);
}

/** The body that is sent. */
export function bodyOf(outage: Outage): string {
  const { start_time, end_time, estimated_resolution, outage_reported_at, ...rest } = outage;
  return JSON.stringify({
    ...rest,
    // Always: what is delivered late did not begin then.
    start_time: naiveUtc(start_time),
    ...(end_time ? { end_time: naiveUtc(end_time) } : {}),
    ...(estimated_resolution ? { estimated_resolution: naiveUtc(estimated_resolution) } : {}),
    outage_reported_at: naiveUtc(outage_reported_at),
  });
}
