import { defaultReceiverSettings, type ReceiverSettings } from '../config/receiver.ts';
import { messageOf, OperatorError } from '../lib/errors.ts';
import { createAuth } from './auth/auth.ts';
import { isLoopback } from './http/client.ts';
import { urlOf } from './http/listen.ts';
import { startListener } from './http/listener.ts';
import { createDispatcher, type RequestLog } from './http/routing.ts';
import type { TlsFiles } from './http/tls.ts';
import { createRequestCounts } from './monitoring/request-counts.ts';
import { apisOf } from './router.ts';
import { startBackFill } from './status/back-fill.ts';
import { startRetention } from './status/retention.ts';
import { type Location, openStore } from './store/open.ts';
import { createIngestThread } from './usage/ingest/ingest-thread.ts';
import { makeMissingSegments } from './usage/segments/take-over.ts';
import { createUsageThread } from './usage/thread.ts';

/** The options of a receiver. */
export type ReceiverOptions = {
  /** A name or address of this host, without brackets. */
  readonly hostname: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** The database. An SQLite file is made with its directory if it does not exist. */
  readonly database: Location;
  /** The settings in receiver.yaml (default: those without a file). */
  readonly settings?: ReceiverSettings;
  /** The largest body of the SAM API, in bytes (default: 16 MiB, as the SAM API). */
  readonly maxBodyBytes?: number;
  /** Options of the ingest API (default: only stored keys, and no page of another origin may read). */
  readonly ingest?: IngestOptions;
  /** The longest time in which a client sends nothing, in seconds (default 30, at most 120). */
  readonly idleSeconds?: number;
  /** True if everybody may read, without names of people (default: only on loopback or with a login or key). */
  readonly isPublic?: boolean;
  /** True if every request comes from a proxy, whose forwarded headers are used (default: false). */
  readonly isBehindProxy?: boolean;
  /** The files for HTTPS (default: null, HTTP). */
  readonly tls?: TlsFiles | null;
  /** True if pseudonyms are shown in the place of the names of people (default: false). */
  readonly anonymisesUsers?: boolean;
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
  /** Reads the files of TLS again. Throws OperatorError if they cannot be used; the old ones stay in use. */
  reloadTls(): void;
  /** Accepts no more connections, waits for requests that have begun (10 s at most), and closes the database. */
  stop(): Promise<void>;
};

const defaultIngestBytes = 64 * 1024 * 1024;
/** A name, and a password of up to 1024 bytes, each of which a form encodes as three. */
const maxLoginBytes = 4096;
/** A whole body may take ten times the idle time. */
const totalPerIdle = 10;

/**
 * Starts the embedded receiver, which speaks the SAM status API and the ingest API.
 * @throws OperatorError if it cannot or must not listen on the address, or if the database cannot be opened
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const {
    hostname,
    port,
    database,
    settings = defaultReceiverSettings,
    maxBodyBytes = 16 * 1024 * 1024,
    idleSeconds = 30,
    tls = null,
    isPublic = false,
    isBehindProxy = false,
    anonymisesUsers = false,
    ingest = {},
    log = () => {},
  } = options;
  if (!tls && !isBehindProxy && !isLoopback(hostname)) {
    throw new OperatorError(
      `Cannot listen on ${urlOf({ hostname, port })}: passwords would be sent unencrypted. Use --tls-cert and --tls-key, or --behind-proxy if a proxy with TLS forwards the requests.`,
    );
  }
  const store = await openStore(database);
  const usage = createUsageThread(database, settings.softwareRules);
  const ingestThread = createIngestThread(database);
  try {
    await makeMissingSegments(store, (cluster, days) => log(`Usage history of ${cluster}: ${days} days`, 'info'));
    const times = { idleSeconds, totalSeconds: idleSeconds * totalPerIdle };
    const limits = {
      status: { maxBytes: maxBodyBytes, ...times },
      usage: { maxBytes: ingest.maxBodyBytes ?? defaultIngestBytes, ...times },
      login: { maxBytes: maxLoginBytes, ...times },
    };
    const auth = await createAuth(store, {
      environmentKeys: ingest.environmentKeys ?? [],
      isPublic,
      anonymisesUsers,
    });
    const counts = createRequestCounts();
    const dispatch = createDispatcher(
      apisOf({
        ...auth,
        store,
        usage,
        ingest: ingestThread,
        settings,
        counts,
        limits,
        origins: ingest.origins ?? new Set(),
      }),
      { isTls: tls !== null, isBehindProxy },
      log,
      counts.count,
    );
    const listener = startListener({
      hostname,
      port,
      tls,
      // Bun looks every 4 s and may close a connection that much too early: http/body.ts must answer 408 before.
      idleTimeout: Math.min(2 * idleSeconds + 4, 240),
      answer: dispatch,
      log,
    });
    const backFill = startBackFill(store, (error) => log(`History of old snapshots: ${messageOf(error)}`, 'error'));
    const deleting = startRetention(store, settings.retention, (error) =>
      log(`Deleting old data: ${messageOf(error)}`, 'error'),
    );
    let stopped: Promise<void> | null = null;
    return {
      url: listener.url,
      reloadTls: listener.reload,
      stop() {
        stopped ??= Promise.all([listener.stop(), backFill.stop(), deleting.stop()])
          .then(() => undefined)
          .finally(() => {
            usage.close();
            ingestThread.close();
            return store.close();
          });
        return stopped;
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}
