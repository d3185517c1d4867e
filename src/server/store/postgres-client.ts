import { readFileSync } from 'node:fs';
import { SQL } from 'bun';
import type { PostgresAddress } from '../../config/postgres.ts';
import { Unavailable, Unstorable } from './errors.ts';
import type { Value } from './port.ts';
import { isLost, NoAnswer, postgresError } from './postgres-errors.ts';

/** The rows of a statement, and the number of rows that it returned or changed. */
export type Result<Row> = { readonly rows: Row[]; readonly count: number };

/** Runs statements. Throws the errors of the store. */
export type PostgresSession = {
  query<Row>(sql: string, values?: readonly Value[]): Promise<Result<Row>>;
};

/** A connection for transactions. */
export type OwnSession = PostgresSession & {
  /** True if the connection is lost: the server has rolled back its transaction. */
  isLost(): boolean;
};

/** A pool of connections to a PostgreSQL server. `query` is for reading: it runs a statement again after a lost connection. */
export type PostgresClient = PostgresSession & {
  /** Returns a connection that no other work uses. The pool must have one for each caller. */
  session(): Promise<OwnSession>;
  close(): Promise<void>;
};

/** The limits of a client, in milliseconds. */
export type Limits = {
  /** The server ends a statement after this time. */
  readonly statement: number;
  /** After this time without an answer the server counts as unreachable: a frozen server keeps no limit of its own. */
  readonly answer: number;
  /** The server does not wait longer than this for a lock. */
  readonly lock: number;
};

const connectSeconds = 3;
/** After a failure, requests fail at once for this time. Otherwise each step of a request would wait for the limit. */
const pauseMs = 1000;

/** Returns a client, which connects when it is first used. */
export function createClient(address: PostgresAddress, connections: number, limits: Limits): PostgresClient {
  let pool: SQL | null = null;
  let failure: { readonly error: unknown; readonly until: number } | null = null;

  async function bounded<Answer>(work: (used: SQL) => PromiseLike<Answer>): Promise<Answer> {
    if (failure !== null && Date.now() < failure.until) throw failure.error;
    pool ??= new SQL(settings(address, connections, limits));
    const used = pool;
    try {
      return await withinTime(work(used), limits.answer);
    } catch (error) {
      const meant = postgresError(error);
      if (isLost(error) && pool === used) {
        pool = null;
        void used.close({ timeout: 0 }).catch(() => undefined);
        // A connection that the server closed says nothing about the next one.
        if (isUnreachable(error)) failure = { error: meant, until: Date.now() + pauseMs };
      }
      throw meant;
    }
  }

  return {
    async query<Row>(sql: string, values: readonly Value[] = []) {
      const read = () => bounded((used) => used.unsafe(sql, bound(values)));
      try {
        return resultOf<Row>(await read());
      } catch (error) {
        if (!(error instanceof Unavailable) || !isLost(error.cause) || isUnreachable(error.cause)) throw error;
        return resultOf<Row>(await read());
      }
    },
    async session() {
      const reserved = await bounded((used) => used.reserve());
      let lost = false;
      return {
        async query<Row>(sql: string, values: readonly Value[] = []) {
          try {
            return resultOf<Row>(await bounded(() => reserved.unsafe(sql, bound(values))));
          } catch (error) {
            if (error instanceof Unavailable && isLost(error.cause)) lost = true;
            throw error;
          }
        },
        isLost: () => lost,
      };
    },
    async close() {
      await pool?.close({ timeout: 0 });
      pool = null;
    },
  };
}

/** True if the server did not answer, or no connection was made. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof NoAnswer) return true;
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' && /^ERR_POSTGRES_CONNECTION_(TIMEOUT|REFUSED)$/.test(code);
}

function settings(address: PostgresAddress, connections: number, limits: Limits): SQL.Options {
  const { host, port, socketDirectory, database, user, password, tls } = address;
  const place = socketDirectory === null ? { hostname: host, port } : { path: `${socketDirectory}/.s.PGSQL.${port}` };
  return {
    adapter: 'postgres',
    ...place,
    database,
    username: user,
    password: password ?? '',
    // Without it, int8 arrives as text.
    bigint: true,
    max: connections,
    connectionTimeout: connectSeconds,
    ...(tls === null ? {} : { tls: tlsOptions(host, tls.authority) }),
    connection: {
      application_name: 'hpc-collector',
      // A plan that was made while a table was empty reads all of it, and stays until the server has statistics.
      plan_cache_mode: 'force_custom_plan',
      statement_timeout: String(limits.statement),
      lock_timeout: String(limits.lock),
      // A receiver that was stopped or cut off in a transaction must not keep its locks.
      idle_in_transaction_session_timeout: String(2 * limits.answer),
      // Answers are sent after the commit is on the disk, whatever the default of the database is.
      synchronous_commit: 'on',
    },
  };
}

function tlsOptions(host: string, authority: string | null) {
  return {
    rejectUnauthorized: true,
    serverName: host,
    ...(authority === null ? {} : { ca: readFileSync(authority, 'utf8') }),
  };
}

async function withinTime<Answer>(work: PromiseLike<Answer>, ms: number): Promise<Answer> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NoAnswer(`the server did not answer within ${ms / 1000} s`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** @throws Unstorable for text with NUL */
function bound(values: readonly Value[]): Value[] {
  return values.map((value) => {
    if (typeof value !== 'string') return value;
    if (value.includes('\0')) throw new Unstorable();
    return value.toWellFormed();
  });
}

/** The one place where integers of 64 bits become numbers. */
function resultOf<Row>(answer: Record<string, unknown>[] & { readonly count?: number }): Result<Row> {
  for (const row of answer) {
    // `Object.entries` takes several times as long.
    for (const name in row) {
      const value = row[name];
      if (typeof value === 'bigint') row[name] = Number(value);
    }
  }
  return { rows: [...answer] as Row[], count: answer.count ?? 0 };
}
