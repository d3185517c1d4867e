import { messageOf, OperatorError } from '../lib/errors.ts';
import { createApi, type RequestLog } from './api.ts';
import { createAuthenticator } from './authentication.ts';
import { openDatabase } from './database.ts';
import { createKeyRing } from './ingest/key-ring.ts';
import { urlOf } from './listen.ts';
import { watchFiles } from './store/same-file.ts';

/** How a receiver is started. */
export type ReceiverOptions = {
  /** A name or address of this host, without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Made with its directory when it is not there. */
  readonly databasePath: string;
  /** The largest body that is taken; default 16 MiB, as the SAM API. */
  readonly maxBodyBytes?: number;
  /** For the ingest API; without it, keys of the database alone, and no page of another origin may read. */
  readonly ingest?: IngestOptions;
  /** A client that sends nothing for so long is cut off; default 30, at most 120. */
  readonly idleSeconds?: number;
  readonly log?: RequestLog;
};

/** What the ingest API is given beside the database. */
export type IngestOptions = {
  /** Keys for all clusters. */
  readonly environmentKeys?: readonly string[];
  /** The origins of pages that may read. */
  readonly origins?: ReadonlySet<string>;
  /** The largest body that is taken, decompressed; default 64 MiB: 100,000 jobs are about 30 MB. */
  readonly maxBodyBytes?: number;
};

/** A receiver that runs. */
export type Receiver = {
  /** Its address, without a slash at the end; the APIs are below `/api/v1/status/`, `/api/data/` and `/api/dashboard/`. */
  readonly url: string;
  /** Takes no more connections, lets what is under way finish (10 s at most), closes the database. */
  stop(): Promise<void>;
};

const defaultIngestBytes = 64 * 1024 * 1024;
const stopMs = 10_000;
/** A body may take ten times the idle time, however steadily it trickles. */
const totalPerIdle = 10;

/**
 * Starts the embedded receiver, which speaks the SAM status API and the ingest API.
 * @throws OperatorError when the address cannot be listened on or the database cannot be opened
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const {
    hostname,
    port,
    databasePath,
    maxBodyBytes = 16 * 1024 * 1024,
    idleSeconds = 30,
    ingest = {},
    log = () => {},
  } = options;
  const database = openDatabase(databasePath);
  try {
    const requireFiles = watchFiles(databasePath);
    const authenticator = createAuthenticator(database);
    const patience = { idleSeconds, totalSeconds: idleSeconds * totalPerIdle };
    const answer = createApi({
      database,
      requireFiles,
      authenticator,
      limits: { maxBytes: maxBodyBytes, ...patience },
      ingest: {
        database,
        requireFiles,
        authenticator,
        keyRing: createKeyRing(database, ingest.environmentKeys ?? []),
        limits: { maxBytes: ingest.maxBodyBytes ?? defaultIngestBytes, ...patience },
        origins: ingest.origins ?? new Set(),
      },
      log,
    });
    const server = listen(hostname, port, {
      idleTimeout: Math.min(2 * idleSeconds, 240),
      fetch: answer,
      error: (error: Error) => {
        log(`500: ${messageOf(error)}`, 'error');
        return Response.json({ error: 'Internal error' }, { status: 500 });
      },
    });
    let stopped: Promise<void> | null = null;
    return {
      url: urlOf({ hostname, port: server.port ?? port }),
      stop() {
        stopped ??= stopServer(server).finally(() => database.close());
        return stopped;
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

type Handlers = {
  readonly idleTimeout: number;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly error: (error: Error) => Response;
};

function listen(hostname: string, port: number, handlers: Handlers): Bun.Server<undefined> {
  try {
    // Bun's own limit answers without a word and is checked before the login: body.ts has ours.
    return Bun.serve({
      ...handlers,
      hostname,
      port,
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      development: false,
      // Without development Bun shares the port with whoever has it, and each gets some of the requests.
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
