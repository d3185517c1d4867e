import { messageOf, OperatorError } from '../lib/errors.ts';
import { createAccessRules } from './auth/access.ts';
import { createAuthenticator } from './auth/authentication.ts';
import { createIdentify } from './auth/identify.ts';
import { createKeyRing } from './auth/key-ring.ts';
import { urlOf } from './http/listen.ts';
import { createDispatcher, type RequestLog } from './http/routing.ts';
import { apisOf } from './router.ts';
import { startBackFill } from './status/back-fill.ts';
import { type Location, openStore } from './store/open.ts';

/** The options of a receiver. */
export type ReceiverOptions = {
  /** A name or address of this host, without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The database. An SQLite file is made with its directory if it does not exist. */
  readonly database: Location;
  /** The largest body of the SAM API, in bytes (default: 16 MiB, as the SAM API). */
  readonly maxBodyBytes?: number;
  /** Options of the ingest API (default: only stored keys, and no page of another origin may read). */
  readonly ingest?: IngestOptions;
  /** The longest time in which a client sends nothing, in seconds (default 30, at most 120). */
  readonly idleSeconds?: number;
  /** True if everybody may read, without names of people (default: only on loopback or with a login or key). */
  readonly isPublic?: boolean;
  /** True if every request comes from a proxy, whose forwarded headers are believed (default: false). */
  readonly isBehindProxy?: boolean;
  readonly log?: RequestLog;
};

/** The options of the ingest API. */
export type IngestOptions = {
  /** Keys for all clusters. */
  readonly environmentKeys?: readonly string[];
  /** The origins of pages that may read. */
  readonly origins?: ReadonlySet<string>;
  /** The largest decompressed body, in bytes (default: 64 MiB; 100,000 jobs are about 30 MB). */
  readonly maxBodyBytes?: number;
};

/** A running receiver. */
export type Receiver = {
  /** Its address, without a slash at the end. */
  readonly url: string;
  /** Accepts no more connections, waits for requests that have begun (10 s at most), and closes the database. */
  stop(): Promise<void>;
};

const defaultIngestBytes = 64 * 1024 * 1024;
const stopMs = 10_000;
/** A whole body may take ten times the idle time. */
const totalPerIdle = 10;

/**
 * Starts the embedded receiver, which speaks the SAM status API and the ingest API.
 * @throws OperatorError if it cannot listen on the address, or if the database cannot be opened
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const {
    hostname,
    port,
    database,
    maxBodyBytes = 16 * 1024 * 1024,
    idleSeconds = 30,
    isPublic = false,
    isBehindProxy = false,
    ingest = {},
    log = () => {},
  } = options;
  const store = await openStore(database);
  try {
    const times = { idleSeconds, totalSeconds: idleSeconds * totalPerIdle };
    const limits = {
      status: { maxBytes: maxBodyBytes, ...times },
      usage: { maxBytes: ingest.maxBodyBytes ?? defaultIngestBytes, ...times },
    };
    const keyRing = createKeyRing(store, ingest.environmentKeys ?? []);
    const identify = createIdentify(createAuthenticator(store, keyRing), keyRing);
    const access = createAccessRules({ identify, keyRing, isPublic, alias: (name) => name });
    const dispatch = createDispatcher(
      apisOf({ store, access, limits, origins: ingest.origins ?? new Set() }),
      { isTls: false, isBehindProxy },
      log,
    );
    const server = listen(hostname, port, {
      // Bun looks every 4 s and may close a connection that much too early: http/body.ts must answer 408 before.
      idleTimeout: Math.min(2 * idleSeconds + 4, 240),
      fetch: (request, connections) => dispatch(request, connections.requestIP(request)?.address ?? ''),
      error: (error: Error) => {
        log(`500: ${messageOf(error)}`, 'error');
        return Response.json({ error: 'Internal error' }, { status: 500 });
      },
    });
    const backFill = startBackFill(store, (error) => log(`History of old snapshots: ${messageOf(error)}`, 'error'));
    let stopped: Promise<void> | null = null;
    return {
      url: urlOf({ hostname, port: server.port ?? port }),
      stop() {
        stopped ??= Promise.all([stopServer(server), backFill.stop()])
          .then(() => undefined)
          .finally(() => store.close());
        return stopped;
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

type Handlers = {
  readonly idleTimeout: number;
  readonly fetch: (request: Request, server: Bun.Server<undefined>) => Promise<Response>;
  readonly error: (error: Error) => Response;
};

function listen(hostname: string, port: number, handlers: Handlers): Bun.Server<undefined> {
  try {
    // Bun's own limit has no words in its answer and comes before the login. http/body.ts has the limit.
    return Bun.serve({
      ...handlers,
      hostname,
      port,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // With `development: false` Bun shares the port with another process, and each gets some of the requests.
      reusePort: false,
    });
  } catch (error) {
    throw new OperatorError(`Cannot listen on ${urlOf({ hostname, port })}: ${reasonOf(error)}`, { cause: error });
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

async function stopServer(server: Bun.Server<undefined>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, stopMs);
  await Promise.race([server.stop(), late]);
  clearTimeout(timer);
  await server.stop(true);
}
