import { z } from 'zod';
import { RequestProblem } from '../http/problem.ts';
import { systemStates } from '../status/state.ts';
import { canonicalTimestamp } from '../timestamp.ts';
import { InvalidParameters } from './problem.ts';
import { typeWords } from './resources.ts';
import { incidentTypes, resolutions } from './schemas.ts';

// The rules and words are those of the reference server (iri-facility-api-python, pydantic). `meta` is the form of a
// parameter in the OpenAPI document, where it differs from text.

const text = z.string().min(1, 'String should have at least 1 character');

const time = z
  .string()
  .transform((value, context) => {
    // Python reads digits alone as seconds since 1970, so the reference server refuses them.
    const canonical = /^[\d.]+$/.test(value) ? null : canonicalTimestamp(value);
    if (canonical !== null) return canonical;
    context.addIssue({ code: 'custom', message: 'Input should be a valid ISO 8601 datetime' });
    return z.NEVER;
  })
  .meta({ type: 'string', format: 'date-time' });

function oneOf<const Words extends readonly string[]>(words: Words) {
  const quoted = words.map((word) => `'${word}'`);
  return z.enum(words, { error: `Input should be ${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}` });
}

function whole(initial: number, most: number | null) {
  return z
    .string()
    .refine((value) => /^\s*[+-]?\d+\s*$/.test(value), {
      error: 'Input should be a valid integer, unable to parse string as an integer',
      abort: true,
    })
    .transform(Number)
    .refine((value) => !(value < 0), 'Input should be greater than or equal to 0')
    .refine((value) => most === null || !(value > most), `Input should be less than or equal to ${most}`)
    .optional()
    .transform((value) => value ?? initial)
    .meta({ type: 'integer', minimum: 0, default: initial, ...(most !== null && { maximum: most }) });
}

const segment = "(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2}|[!$&'()*+,;=@]|/)+";

/** Returns the schema of a URN of the API whose domain matches a pattern. */
function urn(domain: string) {
  const pattern = new RegExp(`^urn:doe-iri:${domain}:${segment}(?::${segment})*$`);
  return z.string().regex(pattern, 'Input should be a URN such as urn:doe-iri:resource:compute');
}

const modified = { modified_since: time.optional() };
const page = { offset: whole(0, null), limit: whole(100, 1000) };
const list = { name: text.optional(), ...page, ...modified };
const described = { description: text.optional(), ...list };
const period = { from: time.optional(), to: time.optional(), time: time.optional() };
const status = oneOf(systemStates);
const repeated = z.array(text).optional();

function resourceQuery(type: z.ZodType<string, string>) {
  return z.strictObject({
    ...described,
    group: text.optional(),
    current_status: status.optional(),
    capability: z.array(urn('allocation')).optional(),
    resource_type: type.optional(),
  });
}

/** The parameters of each operation. A list is a parameter that can be repeated. */
export const queries = {
  none: z.strictObject({}),
  modified: z.strictObject(modified),
  sites: z.strictObject({ ...list, short_name: text.optional() }),
  resources: { v1: resourceQuery(oneOf(typeWords)), v2: resourceQuery(urn('[A-Za-z0-9][A-Za-z0-9-]{0,31}')) },
  incidents: z.strictObject({
    ...described,
    ...period,
    status: status.optional(),
    type: oneOf(incidentTypes).optional(),
    resolution: oneOf(resolutions).optional(),
    resource_id: text.optional(),
    // The reference server accepts and ignores these.
    resource_uris: repeated,
    event_uris: repeated,
  }),
  events: z.strictObject({
    ...described,
    ...period,
    status: status.optional(),
    resource_id: text.optional(),
    incident_id: text.optional(),
  }),
} as const;

/**
 * Reads the parameters of a request.
 * @throws RequestProblem 422 for an unknown or repeated parameter
 * @throws InvalidParameters for values that are not allowed
 */
export function readQuery<Shape extends z.ZodRawShape>(
  query: URLSearchParams,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const given: [string, string | string[]][] = [];
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const parameter = Object.hasOwn(schema.shape, name) ? schema.shape[name] : undefined;
    if (parameter === undefined) throw new RequestProblem(422, `Unexpected query parameter: ${name}`);
    const isRepeatable = parameter instanceof z.ZodOptional && parameter.unwrap() instanceof z.ZodArray;
    if (!isRepeatable && values.length > 1) throw new RequestProblem(422, `Duplicate query parameter: ${name}`);
    given.push([name, isRepeatable ? values : (values[0] ?? '')]);
  }
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return result.data;
  throw new InvalidParameters(
    result.error.issues.map(({ path, message }) => ({ name: String(path[0]), reason: message })),
  );
}
