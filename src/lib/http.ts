import { ofetch } from 'ofetch';
import { isProxyAddress } from './address.ts';
import { messageOf } from './errors.ts';
import { withoutSecrets } from './secrets.ts';

export type HttpRequest = {
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** Null for none. */
  readonly body: string | null;
  /** The time limit for connecting, sending and the complete answer together. */
  readonly timeoutSeconds: number;
  /** PEM text of the certificate authorities to trust instead of the system's; null for the system's. */
  readonly ca: string | null;
  /** PEM text of a certificate and its key, by which this host identifies itself. */
  readonly identity?: { readonly cert: string; readonly key: string } | undefined;
  /** The proxy to use; null for none, even if the environment sets one. */
  readonly proxy: string | null;
};

/** The result of a request: an answer with any status, or the reason why there is none. */
export type HttpReply =
  | {
      readonly kind: 'answer';
      readonly status: number;
      /** Empty if the body was not read; `unread` has the reason. */
      readonly body: string;
      readonly unread: string | null;
      readonly location: string | null;
      /** The seconds that the server asks to wait; null if it does not ask. */
      readonly retryAfter: number | null;
      /** The time of the server's clock; null if the answer has none. */
      readonly date: Date | null;
      /** The header `X-Snapshot-Order`; null if the answer has none. */
      readonly snapshotOrder: string | null;
    }
  | {
      readonly kind: 'none';
      readonly reason: string;
      readonly failure: HttpFailure;
      /** True if there was no connection, so that the request was never sent. */
      readonly neverSent: boolean;
    };

/** Why there is no answer. `lost`: the connection was lost. `other`: the answer is not HTTP, or there is no route. */
export type HttpFailure = 'refused' | 'unknown-host' | 'certificate' | 'timed-out' | 'lost' | 'other';

/** The largest accepted answer. Expected answers are much smaller. */
const maxAnswerBytes = 4 * 1024 * 1024;

/** Sends one request and reads its answer, bounded in time and size. Redirects are not followed; nothing is retried. */
export async function send(request: HttpRequest): Promise<HttpReply> {
  if (request.proxy !== null && !isProxyAddress(request.proxy)) {
    const reason =
      'the address of the proxy is not an http or https URL such as http://proxy.example.org:3128: correct it';
    return { kind: 'none', reason, failure: 'other', neverSent: true };
  }
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
      snapshotOrder: response.headers.get('x-snapshot-order'),
    };
  } catch (error) {
    const failure = signal.aborted
      ? ({
          reason: `no complete answer within ${request.timeoutSeconds} s`,
          failure: 'timed-out',
          neverSent: false,
        } as const)
      : failureOf(error);
    const way = request.proxy === null ? '' : `, through the proxy ${withoutSecrets(request.proxy)}`;
    return { kind: 'none', ...failure, reason: failure.reason + way };
  }
}

/** Returns options of Bun's fetch, which ofetch passes on. Most of them prevent effects of the environment. */
function bunOptions(request: HttpRequest): object {
  return {
    decompress: false,
    // Otherwise fetch uses HTTP_PROXY and HTTPS_PROXY, even for loopback.
    proxy: request.proxy ?? false,
    // Otherwise BUN_CONFIG_VERBOSE_FETCH=curl prints every request with its Authorization header.
    verbose: false,
    // Otherwise NODE_TLS_REJECT_UNAUTHORIZED=0 turns off verification.
    tls: { rejectUnauthorized: true, ...(request.ca === null ? {} : { ca: request.ca }), ...request.identity },
  };
}

/** Returns the body as text, or the reason why it was not read. The status of the answer is valid in both cases. */
async function readBody(
  response: Response & { readonly _data?: ReadableStream<Uint8Array> | undefined },
  signal: AbortSignal,
): Promise<{ body: string; unread: string | null }> {
  const encoding = response.headers.get('content-encoding')?.trim().toLowerCase() ?? '';
  if (encoding !== '' && encoding !== 'identity') {
    await response._data?.cancel();
    return { body: '', unread: `the answer is encoded as ${encoding}, which was not requested` };
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
      return { body: '', unread: `the answer has more than ${maxAnswerBytes} bytes` };
    }
    chunks.push(value);
  }
}

function dateOf(header: string | null): Date | null {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? null : new Date(time);
}

/** Parses `Retry-After` to seconds; it is a number of seconds or a date (RFC 9110 §10.2.3). Null if it is neither. */
function secondsOf(retryAfter: string | null): number | null {
  if (retryAfter === null) return null;
  if (/^\d{1,7}$/.test(retryAfter.trim())) return Number(retryAfter);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? null : Math.max(0, (date - Date.now()) / 1000);
}

type Known = { readonly words: string; readonly failure: HttpFailure; readonly neverSent: boolean };

const refused: Known = { words: 'connection refused', failure: 'refused', neverSent: true };
const unknownHost: Known = { words: 'unknown host name', failure: 'unknown-host', neverSent: true };
const nameServer: Known = { words: 'the DNS server does not answer', failure: 'unknown-host', neverSent: true };
/** No route to the server. The cause can be on this host, so this does not show that the server is down. */
const noRoute = (words: string): Known => ({ words, failure: 'other', neverSent: true });
const lost: Known = {
  words: 'the connection was lost before the answer was complete',
  failure: 'lost',
  neverSent: false,
};

/** Known errors by code. Bun's own messages are not used, because they blame the URL for every failure. */
const knownErrors: Readonly<Record<string, Known>> = {
  ECONNREFUSED: refused,
  ConnectionRefused: refused,
  ENOTFOUND: unknownHost,
  DNSException: unknownHost,
  EAI_AGAIN: nameServer,
  EAI_FAIL: nameServer,
  ENETUNREACH: noRoute('network is unreachable'),
  ENETDOWN: noRoute('network is down'),
  EHOSTUNREACH: noRoute('no route to host'),
  EHOSTDOWN: noRoute('host is down'),
  EADDRNOTAVAIL: noRoute('this host has no address to connect from'),
  ERR_TLS_CERT_ALTNAME_INVALID: {
    words: 'the certificate is for another host name',
    failure: 'certificate',
    neverSent: true,
  },
  ECONNRESET: lost,
  ConnectionClosed: lost,
  Malformed_HTTP_Response: { words: 'the answer is not HTTP', failure: 'other', neverSent: false },
};

/** Returns why a request failed. Uses the cause of the error, because ofetch wraps it in a description of the request. */
function failureOf(error: unknown): Pick<Extract<HttpReply, { kind: 'none' }>, 'reason' | 'failure' | 'neverSent'> {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code: unknown = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
  // Remove Bun's debugging advice and its guess that the URL is wrong.
  const message = messageOf(cause)
    .replace(/ fetching ".*/s, '')
    .replace(/:? ?(Was there a typo in the url|Unable to connect\. Is the computer able to).*/s, '');
  if (typeof code !== 'string') return { reason: message, failure: 'other', neverSent: false };
  const known = knownErrors[code];
  if (known) return { reason: known.words, failure: known.failure, neverSent: known.neverSent };
  const reason = message.includes(code) ? message : `${message} (${code})`;
  return isTls(code)
    ? { reason, failure: 'certificate', neverSent: true }
    : { reason, failure: 'other', neverSent: false };
}

/** True for OpenSSL's codes for an untrusted certificate, and for Bun's codes for a failed handshake. */
function isTls(code: string): boolean {
  return code === 'EPROTO' || /CERT|_ISSUER|_LEAF_|^(HOSTNAME|INVALID_CA|PATH_LENGTH|CRL)_?/.test(code);
}
