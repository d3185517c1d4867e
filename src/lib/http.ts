import { ofetch } from 'ofetch';
import { messageOf } from './errors.ts';
import { withoutLogin } from './text.ts';

export type HttpRequest = {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Null for none. */
  readonly body: string | null;
  /** For connecting, sending, and the whole answer together. */
  readonly timeoutSeconds: number;
  /** PEM text of the certificate authorities to trust in the place of the system's; null for the system's. */
  readonly ca: string | null;
  /** The proxy to go through; null for what the environment says (`HTTPS_PROXY`, `NO_PROXY`), as ever with Bun. */
  readonly proxy: string | null;
};

/** What came back: an answer whatever its status, or why there is none. */
export type HttpReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Empty where it is not taken, for the reason in `unread`. */
      readonly body: string;
      readonly unread: string | null;
      readonly location: string | null;
      /** Seconds the server asks to wait; null where it does not. */
      readonly retryAfter: number | null;
      /** What the server's clock says; null where it does not. */
      readonly date: Date | null;
    }
  /** `neverSent`: there was no connection to send the request on; `untrusted`: because TLS refused it. */
  | { readonly kind: 'none'; readonly reason: string; readonly neverSent: boolean; readonly untrusted: boolean };

/** An answer over this size is not taken: those that are waited for are far smaller. */
const maxAnswerBytes = 4 * 1024 * 1024;

/** Sends one request and reads its answer, bounded in time and size. Redirects are not followed; nothing is retried. */
export async function send(request: HttpRequest): Promise<HttpReply> {
  const signal = AbortSignal.timeout(request.timeoutSeconds * 1000);
  try {
    const response = await ofetch.raw<unknown, 'stream'>(request.url, {
      method: request.method,
      headers: { ...request.headers, 'Accept-Encoding': 'identity' },
      ...(request.body === null ? {} : { body: request.body }),
      responseType: 'stream',
      ignoreResponseError: true,
      retry: 0,
      redirect: 'manual',
      signal,
      ...bunOptions(request),
    });
    const { body, unread } = await readBody(response, signal);
    return {
      kind: 'answer',
      status: response.status,
      body,
      unread,
      location: response.headers.get('location'),
      retryAfter: secondsOf(response.headers.get('retry-after')),
      date: dateOf(response.headers.get('date')),
    };
  } catch (error) {
    const failure = signal.aborted
      ? { reason: `no whole answer within ${request.timeoutSeconds} s`, neverSent: false, untrusted: false }
      : failureOf(error);
    const way = request.proxy === null ? '' : `, by way of the proxy ${withoutLogin(request.proxy)}`;
    return { kind: 'none', ...failure, reason: failure.reason + way };
  }
}

/** Options of Bun's fetch that ofetch passes through but does not know. */
function bunOptions(request: HttpRequest): object {
  return {
    decompress: false,
    ...(request.proxy === null ? {} : { proxy: request.proxy }),
    ...(request.ca === null ? {} : { tls: { ca: request.ca } }),
  };
}

/** The body as text, or why it is not taken; the status counts all the same. */
async function readBody(
  response: Response & { readonly _data?: ReadableStream<Uint8Array> | undefined },
  signal: AbortSignal,
): Promise<{ body: string; unread: string | null }> {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    await response._data?.cancel();
    return { body: '', unread: `an answer encoded as ${encoding}, which was not asked for` };
  }
  if (!response._data) return { body: '', unread: null };
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response._data.getReader();
  const aborted = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  for (;;) {
    const { done, value } = await Promise.race([reader.read(), aborted]);
    if (done) return { body: Buffer.concat(chunks).toString('utf8'), unread: null };
    size += value.length;
    if (size > maxAnswerBytes) {
      await reader.cancel();
      return { body: '', unread: `an answer of over ${maxAnswerBytes} bytes` };
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

/** Codes of connections that failed before anything was sent; the system's own texts ask whether the computer has access to the url. */
const unreached: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ConnectionRefused: 'connection refused',
  ENOTFOUND: 'unknown host name',
  DNSException: 'unknown host name',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
};

/** Codes of connections that failed later. */
const lost: Readonly<Record<string, string>> = {
  ECONNRESET: 'the connection was lost before the whole answer came',
  ConnectionClosed: 'the connection was lost before the whole answer came',
  Malformed_HTTP_Response: 'the answer is not HTTP',
};

/** The innermost cause says what happened; ofetch wraps it in the request's whole description. */
function failureOf(error: unknown): { reason: string; neverSent: boolean; untrusted: boolean } {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  // Bun tells its callers how to debug it.
  const message = messageOf(cause).replace(/ fetching ".*/s, '');
  if (typeof code !== 'string') return { reason: message, neverSent: false, untrusted: false };
  const words = unreached[code] ?? lost[code];
  return {
    reason: words ?? (message.includes(code) ? message : `${message} (${code})`),
    neverSent: code in unreached || isTls(code),
    untrusted: isTls(code),
  };
}

/** OpenSSL's codes for a certificate that is not trusted, and Bun's for a handshake that failed. */
function isTls(code: string): boolean {
  return code === 'EPROTO' || /CERT|_ISSUER|_LEAF_|^(HOSTNAME|INVALID_CA|PATH_LENGTH|CRL)_?/.test(code);
}
