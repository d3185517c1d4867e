import { messageOf, OperatorError } from '../../lib/errors.ts';
import { urlOf } from './listen.ts';
import { openFiles, openFilesLimit } from './open-connections.ts';
import type { RequestLog } from './routing.ts';
import { readTls, type TlsFiles } from './tls.ts';

/** The address and the TLS settings to listen with. */
export type ListenerOptions = {
  /** A name or address of this host, without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The files for HTTPS; null for HTTP. */
  readonly tls: TlsFiles | null;
  /**
   * A connection without a byte for so long is closed, in seconds (at most 255). Bun closes one that has not sent
   * complete headers after 10 to 12 seconds whatever this time is, even if bytes keep coming.
   */
  readonly idleTimeout: number;
  /** Answers a request. `peer` is the IP address at the other end of the connection. */
  readonly answer: (request: Request, peer: string) => Promise<Response>;
  readonly log: RequestLog;
};

/** A listening HTTP server. */
export type Listener = {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /**
   * Reads the files of TLS again. New connections use them; the requests under way end as they began.
   * @throws OperatorError if they cannot be used; the listener goes on with the old ones
   */
  reload(): void;
  /** Accepts no more connections, and waits for the requests under way, 10 s at most. */
  stop(): Promise<void>;
};

type Server = Bun.Server<undefined>;

const stopMs = 10_000;
const checkMs = 1000;

/**
 * Listens for HTTP or HTTPS requests. If too many connections are open, it drops all of them, and refuses new ones until
 * then (10 s at most).
 * @throws OperatorError if it cannot listen on the address, or if the files of TLS cannot be used
 */
export function startListener(options: ListenerOptions): Listener {
  let server = serveFirst(options);
  const { port = options.port } = server;
  const url = urlOf({ hostname: options.hostname, port }, options.tls !== null);
  const mostFiles = openFilesLimit();
  const isShared = options.tls !== null;
  let stopping: Promise<void> | null = null;
  let isDropping = false;

  async function dropConnections(): Promise<void> {
    options.log(`Over ${mostFiles} open files: the connections are dropped, and new ones refused until then`, 'error');
    isDropping = true;
    await dropFrom(server);
    while (stopping === null && isDropping) {
      try {
        server = serve(options, port, isShared);
        isDropping = false;
      } catch (error) {
        options.log(messageOf(error), 'error');
        await Bun.sleep(checkMs);
      }
    }
  }

  const guard = setInterval(() => {
    if (!isDropping && stopping === null && openFiles() > mostFiles) void dropConnections();
  }, checkMs);
  guard.unref();

  return {
    url,
    reload() {
      if (isDropping || stopping !== null || !isShared) return;
      const old = server;
      server = serve(options, port, isShared);
      // It answers the requests that it has.
      void stopServer(old);
    },
    stop() {
      clearInterval(guard);
      stopping ??= stopServer(server);
      return stopping;
    },
  };
}

/**
 * Listens for the first time. A reload listens on the port beside the old server, which the system permits only if both
 * share the port. So a server with TLS shares it, after it has found that no other program has it.
 */
function serveFirst(options: ListenerOptions): Server {
  const server = serve(options, options.port, false);
  if (options.tls === null) return server;
  void server.stop(true);
  return serve(options, server.port ?? options.port, true);
}

function serve({ hostname, tls, idleTimeout, answer, log }: ListenerOptions, port: number, reusePort: boolean): Server {
  const texts = tls && readTls(tls, new Date());
  try {
    // Bun's own limit has no words in its answer and comes before the login. body.ts has the limit.
    return Bun.serve({
      hostname,
      port,
      idleTimeout,
      fetch: (request, server) => answer(request, server.requestIP(request)?.address ?? ''),
      error(error: Error) {
        log(`500: ${messageOf(error)}`, 'error');
        return Response.json({ error: 'Internal error' }, { status: 500 });
      },
      ...(texts && { tls: texts }),
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // With `development: false` Bun would share the port with another process by default, and each would get some of the
      // requests.
      reusePort,
    });
  } catch (error) {
    throw new OperatorError(`Cannot listen on ${urlOf({ hostname, port }, tls !== null)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port; stop it, or listen on another one.',
  EADDRNOTAVAIL: 'this host has no such address; use one of its own, or 127.0.0.1.',
  EACCES: 'ports under 1024 need privileges; listen on a higher one.',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? `${messageOf(error)}; check the address.`;
}

/** Closes every connection, those without a request at once: `stop` would wait until such a client sends one. */
async function dropFrom(server: Server): Promise<void> {
  void server.stop();
  const deadline = performance.now() + stopMs;
  while (server.pendingRequests > 0 && performance.now() < deadline) await Bun.sleep(50);
  await server.stop(true);
}

async function stopServer(server: Server): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, stopMs);
  await Promise.race([server.stop(), late]);
  clearTimeout(timer);
  await server.stop(true);
}
