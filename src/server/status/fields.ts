import { z } from 'zod';
import { tolerance } from '../../delivery/server-clock.ts';
import { canonicalTimestamp, millisecondsOf } from '../timestamp.ts';

// The accepted types are those of the SAM API (marshmallow): "12", 12.0 and 12.7 are whole numbers, "yes" is true.
// The ranges are not: the SAM API accepts and shows a negative count and 250 %.

const truthy = new Set<unknown>([
  1,
  '1',
  't',
  'T',
  'true',
  'True',
  'TRUE',
  'on',
  'On',
  'ON',
  'y',
  'Y',
  'yes',
  'Yes',
  'YES',
]);
const falsy = new Set<unknown>([
  0,
  '0',
  'f',
  'F',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF',
  'n',
  'N',
  'no',
  'No',
  'NO',
]);

function wholeNumber(value: unknown): unknown {
  if (typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value)) return Number(value) + 0;
  // Round down, so that a count of -0.5 is negative and not 0.
  if (typeof value === 'number') return (value < 0 ? Math.floor(value) : Math.trunc(value)) + 0;
  return value;
}

function decimalNumber(value: unknown): unknown {
  return typeof value === 'string' && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(value) ? Number(value) : value;
}

function truth(value: unknown): unknown {
  if (truthy.has(value)) return true;
  return falsy.has(value) ? false : value;
}

function whole(max: number) {
  return z.preprocess(
    wholeNumber,
    z.number({ error: 'must be a whole number' }).min(0, 'must not be negative').max(max, `must be at most ${max}`),
  );
}

/** A count: a whole number that PostgreSQL's `integer` holds. */
export const count = whole(2 ** 31 - 1);
/** A count that can exceed PostgreSQL's `integer`, such as inodes. */
export const bigCount = whole(Number.MAX_SAFE_INTEGER);
/** A size or a load, which is not negative. The field's name has the unit. */
export const amount = z.preprocess(
  decimalNumber,
  z.number({ error: 'must be a number' }).min(0, 'must not be negative'),
);
/** 0 to 100. */
export const percent = z.preprocess(
  decimalNumber,
  z.number({ error: 'must be a number' }).min(0, 'must be from 0 to 100').max(100, 'must be from 0 to 100'),
);
export const flag = z.preprocess(truth, z.boolean({ error: 'must be true or false' }));

/** Returns the schema of text of at most `max` characters, as a PostgreSQL column of that length holds it. */
export function text(max: number) {
  return z
    .string({ error: 'must be text' })
    .refine((value) => value.length <= max || [...value].length <= max, `must have at most ${max} characters`)
    .refine((value) => !value.includes('\u0000'), 'must not have NUL characters')
    .refine((value) => value.isWellFormed(), 'must be well-formed Unicode');
}

/** Returns the schema of a name: text that is not blank. */
export function name(max: number) {
  return text(max).refine((value) => value.trim() !== '', 'must not be empty');
}

/** A time, parsed to canonical naive UTC. */
export const time = z.string({ error: 'must be an ISO 8601 time as text' }).transform((value, context) => {
  const canonical = canonicalTimestamp(value);
  if (canonical !== null) return canonical;
  context.addIssue({ code: 'custom', message: 'is not an ISO 8601 time, such as 2026-03-01T10:00:00' });
  return z.NEVER;
});

/** Maps the values that mean "no time given" to the SAM API to undefined: absent, null, "", [] and {}. */
function absent(value: unknown): unknown {
  const empty = typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  return value === null || value === '' || empty ? undefined : value;
}

/** Maps the same values to null. */
export function absentAsNull(value: unknown): unknown {
  return absent(value) ?? null;
}

export const optionalTime = z.preprocess(absent, time.optional());

/** The time of a report, which may be absent but not in the future: it would hide every later report. */
export const reportTime = z.preprocess(
  absent,
  time
    .refine(
      (value) => millisecondsOf(value) <= Date.now() + tolerance,
      `is more than ${tolerance / 60_000} minutes in the future; check the clocks of the sender and of this host`,
    )
    .optional(),
);

/** Returns a schema that also accepts null and absence, both as null. */
export function nullable<Schema extends z.ZodType>(schema: Schema) {
  return schema.nullable().default(null);
}

/** A count that is 0 if it is absent. Null is refused. */
export const countOrZero = count.default(0);
