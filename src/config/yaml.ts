import { readFileSync } from 'node:fs';
import type { Document } from 'yaml';
import { messageOf } from '../lib/errors.ts';
import { ConfigError, type Problem } from './problem.ts';

export type YamlMap = { [key: string]: unknown };

/** Where something stands in a file, counted from 1. */
export type Place = { readonly line: number; readonly column: number };

/** A YAML file whose top level is a mapping, and where in it everything stands. */
export type YamlFile = {
  readonly origin: string;
  readonly value: YamlMap;
  /** The place of a value, or of its key; of the nearest above it that is there. */
  placeOf(path: readonly PropertyKey[], what: 'value' | 'key'): Place;
};

/** Reads a YAML file; an empty one is {}. Throws ConfigError with file, line and column of all that is wrong. */
export function readYaml(file: string): YamlFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError([{ file, line: null, column: null, words: `cannot be read: ${messageOf(error)}` }], error);
  }
  return parseYaml(text, file);
}

/**
 * Loaded only where there is a file to read: it is the biggest of our packages. Bun's own parser would do without, but
 * overlooks a key that is there twice and does not say on which line an error is.
 */
function yamlPackage(): typeof import('yaml') {
  return require('yaml');
}

/** YAML that is part of this program, and known to be right. */
export function ownYaml(text: string, origin: string): YamlFile {
  const value = Bun.YAML.parse(text);
  const placeOf: YamlFile['placeOf'] = (path, what) => parseYaml(text, origin).placeOf(path, what);
  return { origin, value: isMapping(value) ? value : {}, placeOf };
}

export function parseYaml(text: string, origin: string): YamlFile {
  const { LineCounter, parseDocument } = yamlPackage();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  // What is missing at the end is missing on the last line that has something, and not on the one after it.
  const last = Math.max(0, text.trimEnd().length - 1);
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(Math.min(Math.max(0, offset), last));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const problemAt = (offset: number, words: string): Problem => ({ file: origin, ...placeAt(offset), words });
  if (document.errors.length > 0) {
    throw new ConfigError(
      document.errors.map(({ pos, message }) =>
        problemAt(pos[0], (message.split('\n')[0] ?? '').replace(/ at line \d+.*$/, '')),
      ),
    );
  }
  const value = contentOf(document, (words) => new ConfigError([problemAt(0, words)]));
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
    // A few lines of aliases to aliases may stand for gigabytes.
    throw refusal(messageOf(error));
  }
  if (value === null || value === undefined) return {};
  if (!isMapping(value)) throw refusal('must be a mapping of settings');
  return value;
}

/** Where the text of a value begins, or of its key. */
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

/** Null for what has no text of its own, such as the value in `a:`. */
function rangeOf(node: unknown): number | null {
  if (!yamlPackage().isNode(node) || !node.range) return null;
  const [start, end] = node.range;
  return end > start ? start : null;
}

/** Lays `over` over `under`: mappings merge member by member, everything else (lists too) is replaced. */
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
