import { z } from 'zod';
import { nearest } from '../lib/nearest.ts';
import { plainWords } from '../lib/plain-words.ts';
import { printable } from '../lib/text.ts';
import { type Layers, mergedLayers, placeIn } from './layers.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';

/** Validates merged files. Throws ConfigError that lists every error, then `others`, which the caller found. */
export function checkSettings<S extends z.ZodType>(
  schema: S,
  layers: Layers,
  others: readonly ConfigProblem[] = [],
): z.output<S> {
  // A schema is used once in a run, and to compile it takes longer than to interpret it.
  const result = schema.safeParse(mergedLayers(layers), { error: plainWords, jitless: true });
  if (result.success && others.length === 0) return result.data;
  throw new ConfigError([...problemsOf(result.error?.issues ?? [], schema, layers), ...others]);
}

/** Describes the errors of merged files, each with its place, in the order of the files. */
function problemsOf(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, layers: Layers): ConfigProblem[] {
  const found = issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [problemAt(layers, issue.path, issue.message)];
    return issue.keys.map((key) => unknownSetting(layers, [...issue.path, key], settingsAt(schema, issue.path)));
  });
  const files = layers.map(({ origin }) => origin);
  const order = ({ file, line, column }: ConfigProblem) => [files.indexOf(file ?? ''), line ?? 0, column ?? 0] as const;
  return found.sort((a, b) => {
    const [one, other] = [order(a), order(b)];
    return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
  });
}

/** Makes an error about the setting at a path, with the place where it is set or would be set. */
export function problemAt(layers: Layers, path: readonly PropertyKey[], words: string): ConfigProblem {
  const name = path.length === 0 ? 'the file' : pathText(path);
  return { ...place(layers, path, 'value'), words: `${name}: ${words}` };
}

function unknownSetting(layers: Layers, path: readonly PropertyKey[], known: readonly string[]): ConfigProblem {
  const meant = nearest(String(path.at(-1)), known);
  const all = known.length === 0 ? '' : ` (known settings: ${known.join(', ')})`;
  const hint = meant === null ? all : ` (did you mean '${meant}'?)`;
  return { ...place(layers, path, 'key'), words: `unknown setting '${pathText(path)}'${hint}` };
}

function place(layers: Layers, path: readonly PropertyKey[], what: 'value' | 'key'): Omit<ConfigProblem, 'words'> {
  return placeIn(layers, path, what) ?? { file: layers.at(-1)?.origin ?? null, line: null, column: null };
}

/** Formats a path as `login_nodes.0.type`. */
export function pathText(path: readonly PropertyKey[]): string {
  return printable(path.join('.'), 200);
}

/** Returns the names that a mapping at a path can have. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<unknown>((within, key) => memberOf(within, key), schema);
  const object = unwrapped(at);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function memberOf(schema: unknown, key: PropertyKey): unknown {
  const container = unwrapped(schema);
  if (container instanceof z.ZodObject) return Reflect.get(container.shape, key) ?? container.def.catchall;
  if (container instanceof z.ZodArray) return container.element;
  return container instanceof z.ZodRecord ? container.valueType : undefined;
}

/** Unwraps optional, nullable and default schemas. */
function unwrapped(schema: unknown): unknown {
  const isOptional =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isOptional ? unwrapped(schema.unwrap()) : schema;
}
