import { readFileSync, type Stats, statSync } from 'node:fs';
import type { Document } from 'yaml';
import { messageOf } from '../lib/errors.ts';
import { learnSettings } from './learn-secrets.ts';
import { ConfigError, type ConfigProblem } from './problem.ts';

export type YamlMap = { [key: string]: unknown };

/** A place in a file, counted from 1. */
export type FilePosition = { readonly line: number; readonly column: number };

/** A YAML file with a mapping at its top, and the places of its values. */
export type YamlFile = {
  readonly origin: string;
  readonly value: YamlMap;
  /** Returns the place of a value or of its key; of the nearest existing parent if it is missing. */
  placeOf(path: readonly PropertyKey[], what: 'value' | 'key'): FilePosition;
};

/** The largest file that is read, in bytes: the time to check keys grows with the square of their number. */
const maxBytes = 256 * 1024;

/** Throws an Error unless the file is a regular file within the size limit, because opening a FIFO could block forever. */
function checkFile(stat: Stats): void {
  if (!stat.isFile()) throw new Error('it is not a regular file');
  if (stat.size > maxBytes) throw new Error(`it has ${stat.size} bytes, and the limit is ${maxBytes}`);
}

/** Reads a YAML file; an empty one is `{}`. Throws ConfigError with file, line and column of every error. */
export function readYaml(file: string): YamlFile {
  let text: string;
  try {
    checkFile(statSync(file));
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([{ file, line: null, column: null, words: `cannot be read: ${messageOf(error)}` }], error);
  }
  return parseYaml(text, file);
}

/**
 * Loads the `yaml` package only when a file must be read, because it is our largest package. Bun's own parser is not
 * enough: it accepts duplicate keys and gives no line of an error.
 */
function yamlPackage(): typeof import('yaml') {
  return require('yaml');
}

/** Parses YAML that is part of this program. */
export function ownYaml(text: string, origin: string): YamlFile {
  const value = Bun.YAML.parse(text);
  const placeOf: YamlFile['placeOf'] = (path, what) => parseYaml(text, origin).placeOf(path, what);
  return { origin, value: isMapping(value) ? value : {}, placeOf };
}

export function parseYaml(text: string, origin: string): YamlFile {
  const { LineCounter, parseDocument } = yamlPackage();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  // Report something missing at the end on the last line with content, not on the empty line after it.
  const last = Math.max(0, text.trimEnd().length - 1);
  const placeAt = (offset: number): FilePosition => {
    const { line, col } = lines.linePos(Math.min(Math.max(0, offset), last));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problemAt = (offset: number, words: string): ConfigProblem => ({ file: origin, ...placeAt(offset), words });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, message }) =>
        problemAt(pos[0], (message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '')),
      ),
    );
  }
  const value = contentOf(document, (words) => new ConfigError([problemAt(0, words)]));
  learnSettings(value);
  return {
    origin,
    value,
    placeOf: (path, what) => placeAt(offsetOf(document, path, what)),
  };
}

function contentOf(document: Document, refusal: (words: string) => ConfigError): YamlMap {
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // A few lines of nested aliases can expand to gigabytes.
    throw refusal(messageOf(error));
  }
  if (value === null || value === undefined) return {};
  if (!isMapping(value)) throw refusal('must be a mapping of settings');
  return value;
}

/** Returns the offset of a value or its key in the text. */
function offsetOf(document: Document, path: readonly PropertyKey[], what: 'value' | 'key'): number {
  const { isAlias, isCollection, isMap, isScalar } = yamlPackage();
  let node: unknown = document.contents;
  let at = rangeOf(node) ?? 0;
  for (const [index, step] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    if (!isCollection(node)) break;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === String(step));
      if (!pair) break;
      const key = rangeOf(pair.key) ?? at;
      const isKey = what === 'key' && index === path.length - 1;
      at = isKey ? key : (rangeOf(pair.value) ?? key);
      node = pair.value;
    } else {
      node = node.items[Number(step)];
      at = rangeOf(node) ?? at;
    }
  }
  return at;
}

/** Returns null for a node without text, such as the value in `a:`. */
function rangeOf(node: unknown): number | null {
  if (!yamlPackage().isNode(node) || !node.range) return null;
  const [start, end] = node.range;
  return end > start ? start : null;
}

/** Merges two mappings: mappings merge member by member, other values (lists too) are replaced. */
export function mergeDeep(under: YamlMap, over: YamlMap): YamlMap {
  const merged = new Map(Object.entries(under));
  for (const [key, value] of Object.entries(over)) {
    const below = merged.get(key);
    merged.set(key, isMapping(value) && isMapping(below) ? mergeDeep(below, value) : value);
  }
  return Object.fromEntries(merged);
}

export function isMapping(value: unknown): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
