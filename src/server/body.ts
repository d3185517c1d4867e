import { RequestProblem } from './problem.ts';

/** What a body may cost. */
export type BodyLimits = {
  readonly maxBytes: number;
  /** A client that sends nothing for so long is given up. */
  readonly idleSeconds: number;
  /** However steadily it trickles, a body takes no longer than this. */
  readonly totalSeconds: number;
};

/** A JSON object as it came and as it was read. */
export type JsonBody = { readonly bytes: Uint8Array; readonly value: Readonly<Record<string, unknown>> };

const tooLarge = (maxBytes: number) =>
  new RequestProblem(413, `Request body is over ${maxBytes} bytes`, { Connection: 'close' });

/** Deeper than any payload, and far from where a recursive reader of it runs out of stack. */
const maxDepth = 64;
/** Ten times the largest payload. 16 MiB of `{},` are five million objects, which take seconds and a gigabyte. */
const maxContainers = 250_000;

/**
 * Reads a request's body, never more than the limits, and takes it as a JSON object.
 * @throws RequestProblem 400, 408, 413 or 415
 */
export async function readJsonBody(request: Request, limits: BodyLimits): Promise<JsonBody> {
  requirePlainJson(request.headers);
  if (Number(request.headers.get('content-length') ?? 0) > limits.maxBytes) throw tooLarge(limits.maxBytes);
  const bytes = await readBytes(request, limits);
  return { bytes, value: jsonObject(bytes) };
}

function requirePlainJson(headers: Headers): void {
  const mediaType = (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
  if (!/^application\/(json|[^/\s]+\+json)$/.test(mediaType)) {
    throw new RequestProblem(415, 'Content-Type must be application/json');
  }
  const encoding = headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    throw new RequestProblem(400, 'Content-Encoding is not supported: send the body uncompressed');
  }
}

async function readBytes(request: Request, limits: BodyLimits): Promise<Uint8Array> {
  const reader = request.body?.getReader();
  if (!reader) return new Uint8Array();
  const deadline = performance.now() + limits.totalSeconds * 1000;
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const remaining = Math.min(limits.idleSeconds * 1000, deadline - performance.now());
    const chunk = await withTimeout(readChunk(reader), remaining);
    if (chunk === 'late') {
      abandon(reader);
      throw new RequestProblem(408, 'Request body took too long', { Connection: 'close' });
    }
    if (chunk === null) return Buffer.concat(chunks, length);
    length += chunk.byteLength;
    if (length > limits.maxBytes) {
      abandon(reader);
      throw tooLarge(limits.maxBytes);
    }
    chunks.push(chunk);
  }
}

async function readChunk(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
}): Promise<Uint8Array | null> {
  try {
    const { done, value } = await reader.read();
    return done || !value ? null : value;
  } catch {
    // The client hung up, or its chunks were malformed: nothing of ours is wrong.
    throw new RequestProblem(400, 'Request body was cut off', { Connection: 'close' });
  }
}

async function withTimeout<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | 'late'> {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), Math.max(0, milliseconds));
  // When the time-out wins, the read ends later, with nobody waiting for its error.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function abandon(reader: { cancel(): Promise<void> }): void {
  reader.cancel().catch(() => undefined);
}

/** @throws RequestProblem 400 with the words of the SAM API where it has some */
function jsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  refuseMonster(bytes);
  const value = parseJson(bytes);
  const empty = value === null || (typeof value === 'object' && Object.keys(value).length === 0);
  if (empty) throw new RequestProblem(400, 'JSON body required');
  if (!isRecord(value)) throw new RequestProblem(400, 'JSON body must be an object');
  return value;
}

/** Counts lists and objects without parsing: what is refused here costs milliseconds for each megabyte. */
function refuseMonster(bytes: Uint8Array): void {
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

function parseJson(bytes: Uint8Array): unknown {
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
