import type { z } from 'zod';
import { plainWords } from '../../lib/plain-words.ts';
import { counted } from '../../lib/text.ts';
import { RequestProblem } from '../http/problem.ts';

/** A snapshot has some thousand entries in a list. Each invalid entry can have a dozen problems. */
const maxEntries = 50_000;
const maxNamed = 50;

type Body = Readonly<Record<string, unknown>>;

/**
 * Validates a JSON object and returns what its schema makes of it.
 * @throws RequestProblem 400 that names all problems in one line, missing fields first
 */
export function validated<Output>(schema: z.ZodType<Output>, body: Body): Output {
  for (const [field, value] of Object.entries(body)) {
    // `nodes` of a hub is any JSON, and none of it is validated.
    if (Array.isArray(value) && value.length > maxEntries && field !== 'nodes') {
      throw new RequestProblem(400, `${listName(field)}: more than ${maxEntries} entries`);
    }
  }
  const result = schema.safeParse(body, { error: plainWords });
  if (result.success) return result.data;
  throw new RequestProblem(400, describe(result.error.issues, body));
}

function describe(issues: readonly z.core.$ZodIssue[], body: Body): string {
  const missing: string[] = [];
  const wrong: string[] = [];
  for (const issue of issues) {
    const value = valueAt(body, issue.path);
    const field = fieldName(issue.path);
    if (value === undefined) missing.push(field);
    else wrong.push(`${field}: ${value === null ? 'must not be null' : issue.message}`);
  }
  const parts = missing.length > 0 ? [`Missing required fields: ${shortened(missing, ', ')}`] : [];
  if (wrong.length > 0) parts.push(shortened(wrong, '; '));
  return parts.join('; ');
}

function shortened(problems: readonly string[], separator: string): string {
  const named = problems.slice(0, maxNamed).join(separator);
  const more = problems.length - maxNamed;
  return more > 0 ? `${named}${separator}and ${counted(more, 'more', 'more')}` : named;
}

function valueAt(body: Body, path: readonly PropertyKey[]): unknown {
  let value: unknown = body;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

/** `queues[3].queue_name` */
function fieldName(path: readonly PropertyKey[]): string {
  return path
    .map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

function listName(field: string): string {
  return /^\w{1,64}$/.test(field) ? field : 'a list';
}
