import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { codeOf } from '../../lib/sqlite.ts';
import { RequestProblem } from './problem.ts';

/** The limits of a request body. */
export type BodyLimits = {
  /** The largest size, after decompression. */
  readonly maxBytes: number;
  /** The longest time without a byte. */
  readonly idleSeconds: number;
  /** The longest time for the whole body. */
  readonly totalSeconds: number;
};

const tooLarge = (maxBytes: number) =>
  new RequestProblem(413, `Request body is over ${maxBytes} bytes`, { Connection: 'close' });

/** A body as it was received: its pieces, the number of their bytes, and whether they are compressed. */
export type ReceivedBody = {
  readonly pieces: readonly Uint8Array[];
  readonly length: number;
  readonly isGzip: boolean;
};

/**
 * Reads the body of a request whose Content-Type is JSON.
 * @param gzip whether a compressed body is accepted; the SAM API accepts none
 * @throws RequestProblem 400, 408, 413 or 415
 */
export async function readBody(
  request: Request,
  limits: BodyLimits,
  gzip: 'taken' | 'refused' = 'refused',
): Promise<Uint8Array> {
  return bytesOf(await receiveBody(request, limits, gzip), limits.maxBytes);
}

/**
 * Receives the body of a request as `readBody` does, but does not join its pieces or decompress them: that takes 50 ms
 * for a body of 30 MB, and a thread can do it.
 * @throws RequestProblem 400, 408, 413 or 415
 */
export async function receiveBody(
  request: Request,
  limits: BodyLimits,
  gzip: 'taken' | 'refused' = 'refused',
): Promise<ReceivedBody> {
  requireJson(request.headers);
  const encoding = request.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  const isGzip = gzip === 'taken' && encoding === 'gzip';
  if (!isGzip && encoding !== '' && encoding !== 'identity') {
    const instead = gzip === 'taken' ? 'send gzip, or the body uncompressed' : 'send the body uncompressed';
    throw new RequestProblem(400, `Content-Encoding is not supported: ${instead}`);
  }
  refuseLonger(request.headers, limits);
  return { ...(await readPieces(request, limits)), isGzip };
}

/**
 * Returns the bytes of a received body, decompressed.
 * @throws RequestProblem 400 if it is not gzip, 413 if it has more than `maxBytes`
 */
export async function bytesOf({ pieces, length, isGzip }: ReceivedBody, maxBytes: number): Promise<Uint8Array> {
  const bytes = Buffer.concat(pieces, length);
  return isGzip ? await decompressed(bytes, maxBytes) : bytes;
}

/** True if a request has the form of a page. */
export function isForm(headers: Headers): boolean {
  return mediaTypeOf(headers) === 'application/x-www-form-urlencoded';
}

/**
 * Reads the body of a request that has the form of a page.
 * @throws RequestProblem 400, 408 or 413
 */
export async function readForm(request: Request, limits: BodyLimits): Promise<URLSearchParams> {
  refuseLonger(request.headers, limits);
  return new URLSearchParams(new TextDecoder().decode(Buffer.concat((await readPieces(request, limits)).pieces)));
}

function mediaTypeOf(headers: Headers): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function refuseLonger(headers: Headers, { maxBytes }: BodyLimits): void {
  if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes);
}

function requireJson(headers: Headers): void {
  if (!/^application\/(json|[^/\s]+\+json)$/.test(mediaTypeOf(headers))) {
    throw new RequestProblem(415, 'Content-Type must be application/json');
  }
}

async function readPieces(request: Request, limits: BodyLimits): Promise<Omit<ReceivedBody, 'isGzip'>> {
  const reader = request.body?.getReader();
  if (!reader) return { pieces: [], length: 0 };
  const deadline = performance.now() + limits.totalSeconds * 1000;
  const pieces: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const remaining = Math.min(limits.idleSeconds * 1000, deadline - performance.now());
    const chunk = await withTimeout(readChunk(reader), remaining);
    if (chunk === 'late') {
      abandon(reader);
      throw new RequestProblem(408, 'Request body took too long', { Connection: 'close' });
    }
    if (chunk === null) return { pieces, length };
    length += chunk.byteLength;
    if (length > limits.maxBytes) {
      abandon(reader);
      throw tooLarge(limits.maxBytes);
    }
    pieces.push(chunk);
  }
}

async function readChunk(reader: {
  read(): Promise<{ done: boolean; value?: Uint8Array }>;
}): Promise<Uint8Array | null> {
  try {
    const { done, value } = await reader.read();
    return done || !value ? null : value;
  } catch {
    // The client hung up, or its chunks were malformed. This is not an error of the receiver.
    throw new RequestProblem(400, 'Request body was cut off', { Connection: 'close' });
  }
}

async function withTimeout<Value>(work: Promise<Value>, milliseconds: number): Promise<Value | 'late'> {
  const { promise, resolve } = Promise.withResolvers<'late'>();
  const timer = setTimeout(() => resolve('late'), Math.max(0, milliseconds));
  // After a time-out the read still ends, and its error must not be an unhandled rejection.
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

const gunzipped = promisify(gunzip);
/** With the default size of 16 KiB, the decompression takes three times the CPU time. */
const chunkSize = 1024 ** 2;

/** Decompresses in another thread, up to `maxBytes`: 200 kB can become 200 MB. */
async function decompressed(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array> {
  try {
    return await gunzipped(bytes, { maxOutputLength: maxBytes, chunkSize });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw new RequestProblem(400, 'Request body is not gzip, or was cut off');
  }
}
