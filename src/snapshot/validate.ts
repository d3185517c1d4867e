import { z } from 'zod';
import { printable } from '../lib/text.ts';
import { type Snapshot, snapshotSchema } from './schema.ts';

/** A checked payload with what was dropped from it, or why it cannot be sent at all. */
export type Validated =
  | { readonly kind: 'valid'; readonly payload: Snapshot; readonly dropped: readonly string[] }
  | { readonly kind: 'invalid'; readonly payload: object; readonly reason: string };

/**
 * Checks a payload. A value that cannot be (over 100 %, a negative count) is dropped where the API can do without it;
 * a row of a list that lacks something it needs is dropped whole; all that is dropped is named.
 */
export function validate(payload: Record<string, unknown>): Validated {
  const dropped: string[] = [];
  let mended = payload;
  let result = snapshotSchema.safeParse(mended);
  // Almost all are right, and a large one takes long to copy.
  if (!result.success) mended = structuredClone(payload);
  // Lists shrink from their end, so that an index stays right until it is used; each turn drops something or stops.
  while (!result.success) {
    const issues = result.error.issues.filter((issue) => canDrop(issue.path));
    if (issues.length < result.error.issues.length) {
      return { kind: 'invalid', payload: mended, reason: reasonOf(result.error) };
    }
    const paths = new Map(issues.map((issue) => [dropPath(issue.path).join('.'), dropPath(issue.path)]));
    for (const [text, path] of [...paths].sort(([a], [b]) => b.localeCompare(a, 'en', { numeric: true }))) {
      const value = drop(mended, path);
      const issue = issues.find((other) => dropPath(other.path).join('.') === text);
      dropped.push(`${text} (${printable(JSON.stringify(value) ?? '', 120)}): ${issue?.message ?? 'cannot be'}`);
    }
    result = snapshotSchema.safeParse(mended);
  }
  return { kind: 'valid', payload: result.data, dropped };
}

type Path = readonly PropertyKey[];

function canDrop(path: Path): boolean {
  return path.length > 1 || isOptional(snapshotSchema, path[0]);
}

/** What to take out for a problem at `path`: the value itself if it is optional, else the row it stands in. */
function dropPath(path: Path): Path {
  const [list, index, field] = path;
  if (index === undefined || field === undefined) return path;
  return isOptional(rowSchema(list), field) ? path.slice(0, 3) : path.slice(0, 2);
}

function isOptional(schema: z.ZodType | null, field: PropertyKey | undefined): boolean {
  if (!(schema instanceof z.ZodObject) || typeof field !== 'string') return false;
  const member: unknown = schema.shape[field];
  return member instanceof z.ZodType && member.safeParse(undefined).success;
}

/** The schema of a list's rows. */
function rowSchema(list: PropertyKey | undefined): z.ZodType | null {
  const shape: Record<string, z.ZodType> = snapshotSchema.shape;
  const member = typeof list === 'string' ? shape[list] : undefined;
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
