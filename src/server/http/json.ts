import { RequestProblem } from './problem.ts';

/** Deeper than any payload, and far below the depth at which a recursive reader exhausts the stack. */
const maxDepth = 64;
/** Ten times the largest known snapshot. Parsing and validating this many values takes about a second. */
const maxValues = 500_000;
/** Objects with many distinct keys cost most: 500,000 keys in one object take 2.4 s, and seconds more beyond that. */
const maxMembers = 10_000;

/**
 * Parses a body that must be a non-empty JSON object.
 * @throws RequestProblem 400, in the words of the SAM API if it has any
 */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const value = parseJson(bytes);
  const empty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  if (empty) throw new RequestProblem(400, 'JSON body required');
  if (!isRecord(value)) throw new RequestProblem(400, 'JSON body must be an object');
  return value;
}

/**
 * Parses UTF-8 as JSON. Refuses a text that would take seconds to parse before parsing it.
 * @throws RequestProblem 400
 */
export function parseJson(bytes: Uint8Array): unknown {
  refuseOversized(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new RequestProblem(400, 'Request body is not UTF-8');
  }
  if (text.trim() === '') throw new RequestProblem(400, 'JSON body required');
  try {
    return JSON.parse(text);
  } catch {
    // Do not pass on the parser's message: it quotes the body.
    throw new RequestProblem(400, 'Request body is not valid JSON');
  }
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Counts the values of a JSON text without parsing it, at some milliseconds for each megabyte. A comma or an opening
 * bracket counts as one value.
 * @throws RequestProblem 400 for too many values, too many members of one object, or too many levels
 */
function refuseOversized(bytes: Uint8Array): void {
  let values = 0;
  /** The number of members of the innermost open container, NaN for a list, and those of the containers around it. */
  let members = Number.NaN;
  const outer: number[] = [];
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (byte === quote) index = endOfText(bytes, index);
    else if (byte === comma) {
      members += 1;
      values += 1;
      if (members > maxMembers) throw new RequestProblem(400, `JSON body has an object of over ${maxMembers} members`);
    } else if (byte === openList || byte === openObject) {
      values += 1;
      outer.push(members);
      members = byte === openObject ? 1 : Number.NaN;
      if (outer.length > maxDepth) {
        throw new RequestProblem(400, `JSON body is nested more than ${maxDepth} levels deep`);
      }
    } else if (byte === closeList || byte === closeObject) members = outer.pop() ?? Number.NaN;
    if (values > maxValues) throw new RequestProblem(400, `JSON body has more than ${maxValues} values`);
  }
}

/** The bytes of JSON's marks. */
export const quote = 0x22;
export const comma = 0x2c;
export const openList = 0x5b;
export const openObject = 0x7b;
export const closeList = 0x5d;
export const closeObject = 0x7d;
const backslash = 0x5c;

/** Returns the position of the quote that ends the text that begins at `start`, or a later one than the last byte. */
export function endOfText(bytes: Uint8Array, start: number): number {
  let index = start + 1;
  while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
  return index;
}
