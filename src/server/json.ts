import { RequestProblem } from './problem.ts';

/** Deeper than any payload, and far from where a recursive reader of it runs out of stack. */
const maxDepth = 64;
/** Ten times the largest snapshot. 16 MiB of `{},` are five million objects, which take seconds and a gigabyte. */
const maxContainers = 250_000;

/**
 * Takes a body as a JSON object with something in it.
 * @throws RequestProblem 400 with the words of the SAM API where it has some
 */
export function parseJsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  refuseMonster(bytes, maxContainers);
  const value = parseJson(bytes);
  const empty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  if (empty) throw new RequestProblem(400, 'JSON body required');
  if (!isRecord(value)) throw new RequestProblem(400, 'JSON body must be an object');
  return value;
}

/**
 * Takes UTF-8 as JSON, which `refuseMonster` has seen.
 * @throws RequestProblem 400
 */
export function parseJson(bytes: Uint8Array): unknown {
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
    // Not the parser's message: it quotes the body.
    throw new RequestProblem(400, 'Request body is not valid JSON');
  }
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Counts lists and objects without parsing: what is refused here costs milliseconds for each megabyte.
 * @throws RequestProblem 400 for more than `maxContainers`, or for many within each other
 */
export function refuseMonster(bytes: Uint8Array, maxContainers: number): void {
  let depth = 0;
  let containers = 0;
  let inText = false;
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index];
    if (inText) {
      if (byte === 0x5c) index++;
      else if (byte === 0x22) inText = false;
    } else if (byte === 0x22) inText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      containers++;
      depth++;
      if (depth > maxDepth) throw new RequestProblem(400, `JSON body is nested more than ${maxDepth} levels deep`);
      if (containers > maxContainers) {
        throw new RequestProblem(400, `JSON body has more than ${maxContainers} lists and objects`);
      }
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
}
