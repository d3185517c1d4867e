import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { nearest } from '../lib/nearest.ts';

type YamlMap = { [key: string]: unknown };

/** Reads a YAML file whose top level is a mapping; an empty one is {}. Throws OperatorError with file and line. */
export function readYaml(file: string): YamlMap {
  try {
    return parseYaml(readFileSync(file, 'utf8'), file);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(`cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}

/** Reads a YAML file if there is one; {} otherwise. */
export function readYamlIfAny(file: string): YamlMap {
  return existsSync(file) ? readYaml(file) : {};
}

export function parseYaml(text: string, origin: string): YamlMap {
  // Loaded only where there is a file to read: it is the biggest of our packages. Bun's own parser would do without,
  // but overlooks a key that is there twice and does not say on which line an error is.
  const { LineCounter, parseDocument }: typeof import('yaml') = require('yaml');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [problem] = document.errors;
  if (problem) {
    const { line, col } = lines.linePos(problem.pos[0]);
    throw new OperatorError(`${origin}:${line}:${col}: ${problem.message.split('\n')[0]?.replace(/ at line.*$/, '')}`);
  }
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  if (!isMap(value)) throw new OperatorError(`${origin}: must be a mapping of settings`);
  return value;
}

/** Parses YAML that is part of this program, and known to be right. */
export function ownSettings(text: string): YamlMap {
  const value = Bun.YAML.parse(text);
  return isMap(value) ? value : {};
}

/** Lays `over` over `under`: mappings merge member by member, everything else (lists too) is replaced. */
export function mergeDeep(under: YamlMap, over: YamlMap): YamlMap {
  const merged: YamlMap = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(value) && isMap(below) ? mergeDeep(below, value) : value;
  }
  return merged;
}

/** Checks settings against their schema; throws OperatorError that names every problem, in one line. */
export function checkSettings<S extends z.ZodType>(schema: S, value: unknown, origin: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => {
    const path = issue.path.join('.');
    if (issue.code === 'unrecognized_keys') {
      return issue.keys
        .map((key) => {
          const meant = nearest(key, settingsAt(schema, issue.path));
          return `unknown setting '${[...issue.path, key].join('.')}'${meant === null ? '' : ` (did you mean '${meant}'?)`}`;
        })
        .join('; ');
    }
    return `${path === '' ? 'the file' : path}: ${issue.message}`;
  });
  throw new OperatorError(`${origin}: ${problems.join('; ')}`);
}

/** The names that a mapping within the settings may have. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  const at = path.reduce<unknown>((within, key) => memberOf(within, key), schema);
  const object = unwrapped(at);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function memberOf(schema: unknown, key: PropertyKey): unknown {
  const container = unwrapped(schema);
  if (container instanceof z.ZodObject) return Reflect.get(container.shape, key);
  if (container instanceof z.ZodArray) return container.element;
  return container instanceof z.ZodRecord ? container.valueType : undefined;
}

/** A schema without what makes it optional. */
function unwrapped(schema: unknown): unknown {
  const isOptional =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault;
  return isOptional ? unwrapped(schema.unwrap()) : schema;
}

function isMap(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
