import { z } from 'zod';
import { plainWords } from '../lib/plain-words.ts';
import { printable } from '../lib/text.ts';
import { type Snapshot, snapshotSchema } from './schema.ts';

/** A validated payload with the names of the dropped values, or the reason why it cannot be sent. */
export type Validated<P extends object = object> =
  | { readonly kind: 'valid'; readonly payload: P; readonly dropped: readonly string[] }
  | { readonly kind: 'invalid'; readonly payload: object; readonly reason: string };

/** A run uses a schema once or twice, and compiling it takes longer than interpreting it. */
const interpreted = { error: plainWords, jitless: true } as const;

/** Validates the payload of a cluster: see `validateBy`. */
export function validate(payload: Record<string, unknown>): Validated<Snapshot> {
  return validateBy(snapshotSchema, payload);
}

/**
 * Says why the API cannot store a count that it requires from a cluster; null if it can store all of `fields`. Such a
 * count cannot be left out of a snapshot, so the probe that returned it has to count as failed.
 */
export function problemOfRequired(fields: Readonly<Record<string, unknown>>): string | null {
  for (const [name, value] of Object.entries(fields)) {
    const issue = memberOf(snapshotSchema, name)?.safeParse(value, interpreted).error?.issues[0];
    if (issue !== undefined && !canDrop(snapshotSchema, [name])) {
      return `${name} (${printable(JSON.stringify(value) ?? '', 120)}): ${issue.message}`;
    }
  }
  return null;
}

/**
 * Validates a payload. An impossible value (over 100 %, a negative count) is dropped if the API does not require it. A
 * row of a list without a required value is dropped completely. Everything dropped is named.
 */
export function validateBy<S extends z.ZodObject>(schema: S, payload: Record<string, unknown>): Validated<z.output<S>> {
  const dropped: string[] = [];
  let mended = payload;
  let result = schema.safeParse(mended, interpreted);
  // Copy only if something is wrong: most payloads are valid, and a large one takes long to copy.
  if (!result.success) mended = structuredClone(payload);
  // Drop list rows from the end, so that earlier indexes stay valid; each turn drops something or stops.
  while (!result.success) {
    const issues = result.error.issues.filter((issue) => canDrop(schema, issue.path));
    if (issues.length < result.error.issues.length) {
      return { kind: 'invalid', payload: mended, reason: reasonOf(result.error) };
    }
    const paths = new Map(
      issues.map((issue) => [dropPath(schema, issue.path).join('.'), dropPath(schema, issue.path)]),
    );
    for (const [text, path] of [...paths].sort(([a], [b]) => b.localeCompare(a, 'en', { numeric: true }))) {
      const value = drop(mended, path);
      const issue = issues.find((other) => dropPath(schema, other.path).join('.') === text);
      dropped.push(`${text} (${printable(JSON.stringify(value) ?? '', 120)}): ${issue?.message ?? 'is not valid'}`);
    }
    result = schema.safeParse(mended, interpreted);
  }
  return { kind: 'valid', payload: result.data, dropped };
}

type Path = readonly PropertyKey[];

function canDrop(schema: z.ZodObject, path: Path): boolean {
  return path.length > 1 || isOptional(schema, path[0]);
}

/** Returns the path to drop for a problem at `path`: the value itself if it is optional, otherwise its row. */
function dropPath(schema: z.ZodObject, path: Path): Path {
  const [list, index, field] = path;
  if (index === undefined || field === undefined) return path;
  return isOptional(rowSchema(schema, list), field) ? path.slice(0, 3) : path.slice(0, 2);
}

function isOptional(schema: z.ZodType | null, field: PropertyKey | undefined): boolean {
  return schema instanceof z.ZodObject && memberOf(schema, field)?.safeParse(undefined).success === true;
}

/** Returns the schema of a member of an object; undefined if it has no such member. */
function memberOf(schema: z.ZodObject, name: PropertyKey | undefined): z.ZodType | undefined {
  const shape: Record<string, z.ZodType> = schema.shape;
  return typeof name === 'string' && Object.hasOwn(shape, name) ? shape[name] : undefined;
}

/** Returns the schema of a list's rows. */
function rowSchema(schema: z.ZodObject, list: PropertyKey | undefined): z.ZodType | null {
  const member = memberOf(schema, list);
  const array = member instanceof z.ZodOptional ? member.unwrap() : member;
  return array instanceof z.ZodArray && array.element instanceof z.ZodType ? array.element : null;
}

function drop(payload: object, path: Path): unknown {
  const parent: unknown = path
    .slice(0, -1)
    .reduce<unknown>(
      (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
      payload,
    );
  const key = path.at(-1);
  if (Array.isArray(parent)) return parent.splice(Number(key), 1)[0];
  if (typeof parent !== 'object' || parent === null || key === undefined) return undefined;
  const value: unknown = Reflect.get(parent, key);
  Reflect.deleteProperty(parent, key);
  return value;
}

function reasonOf(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
}
