import { ofetch } from 'ofetch';
import { messageOf } from '../lib/errors.ts';

export type HttpRequest = {
  readonly url: string;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For connecting, sending, and the whole answer together. */
  readonly timeoutSeconds: number;
  /** PEM text of a certificate authority to trust beside the system's; null for none. */
  readonly ca: string | null;
};

/** What came back: an answer whatever its status, or why there is none. */
export type HttpReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly body: string;
      readonly location: string | null;
      /** Seconds the server asks to wait; null where it does not. */
      readonly retryAfter: number | null;
      /** What the server's clock says; null where it does not. */
      readonly date: Date | null;
    }
  | { readonly kind: 'none'; readonly reason: string };

/** An answer over this size is not the API's: its own are a few kB, with every id it gave. */
const maxAnswerBytes = 4 * 1024 * 1024;

/** Sends one request and reads its answer, bounded in time and size. Redirects are not followed; nothing is retried. */
export async function send(request: HttpRequest): Promise<HttpReply> {
  const signal = AbortSignal.timeout(request.timeoutSeconds * 1000);
  try {
    const response = await ofetch.raw<unknown, 'stream'>(request.url, {
      method: request.method,
      headers: { ...request.headers, 'Accept-Encoding': 'identity' },
      body: request.body,
      responseType: 'stream',
      ignoreResponseError: true,
      retry: 0,
      redirect: 'manual',
      signal,
      ...bunOptions(request),
    });
    if (response.headers.has('content-encoding')) {
      await response._data?.cancel();
      return { kind: 'none', reason: `HTTP ${response.status} with an encoded answer, which was not asked for` };
    }
    const body = await readBody(response._data ?? null, signal);
    if (body === null)
      return { kind: 'none', reason: `HTTP ${response.status} with an answer of over ${maxAnswerBytes} bytes` };
    return {
      kind: 'answer',
      status: response.status,
      body,
      location: response.headers.get('location'),
      retryAfter: secondsOf(response.headers.get('retry-after')),
      date: dateOf(response.headers.get('date')),
    };
  } catch (error) {
    return {
      kind: 'none',
      reason: signal.aborted ? `no whole answer within ${request.timeoutSeconds} s` : reasonOf(error),
    };
  }
}

/** Options of Bun's fetch that ofetch passes through but does not know. */
function bunOptions(request: HttpRequest): object {
  return { decompress: false, ...(request.ca === null ? {} : { tls: { ca: request.ca } }) };
}

async function readBody(stream: ReadableStream<Uint8Array> | null, signal: AbortSignal): Promise<string | null> {
  if (!stream) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = stream.getReader();
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), aborted]);
    if (done) return Buffer.concat(chunks).toString('utf8');
    size += value.length;
    if (size > maxAnswerBytes) {
      await reader.cancel();
      return null;
    }
    chunks.push(value);
  }
}

function dateOf(header: string | null): Date | null {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? null : new Date(time);
}

/** RFC 9110 §10.2.3: a number of seconds, or a date. */
function secondsOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d{1,7}$/.test(retryAfter.trim())) return Number(retryAfter);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

/** What the codes of failed connections mean; the system's own texts ask whether the computer has access to the url. */
const connectionErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ConnectionRefused: 'connection refused',
  ECONNRESET: 'the connection was lost before the whole answer came',
  ConnectionClosed: 'the connection was lost before the whole answer came',
  ENOTFOUND: 'unknown host name',
  DNSException: 'unknown host name',
};

/** The innermost cause says what happened; ofetch wraps it in the request's whole description. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  const message = messageOf(cause);
  if (typeof code !== 'string') return message;
  return connectionErrors[code] ?? (message.includes(code) ? message : `${message} (${code})`);
}
