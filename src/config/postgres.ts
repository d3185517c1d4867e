import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../lib/errors.ts';
import { learnLoginOf, learnSecret, withoutSecrets } from '../lib/secrets.ts';
import type { Environment } from './paths.ts';
import { readSecretFile } from './secret-file.ts';

/** The address of a PostgreSQL database, and the login. */
export type PostgresAddress = {
  readonly host: string;
  readonly port: number;
  /** The directory of the server's socket; null to connect by TCP. */
  readonly socketDirectory: string | null;
  readonly database: string;
  readonly user: string;
  /** Null if the server asks for none. */
  readonly password: string | null;
  /** Null for a connection without TLS. */
  readonly tls: { readonly authority: string | null } | null;
};

/** The user comes last: a login before the host would be masked as a secret. */
const example = 'postgres://HOST:5432/DATABASE?user=USER';
const parameters = ['host', 'port', 'user', 'sslmode', 'sslrootcert'];

/** True for the address of a PostgreSQL database. Any other text names an SQLite file. */
export function isPostgresAddress(text: string): boolean {
  return /^postgres(ql)?:/i.test(text);
}

/** Returns an address for display, without the password. */
export function shownAddress({ host, port, socketDirectory, database, user }: PostgresAddress): string {
  if (socketDirectory !== null) return `postgres:///${database}?host=${socketDirectory}&port=${port}&user=${user}`;
  return `postgres://${user}@${host.includes(':') ? `[${host}]` : host}:${port}/${database}`;
}

/**
 * Reads the address of a PostgreSQL database. The password comes from the address, from `PGPASSWORD`, or from the
 * password file of libpq (`PGPASSFILE`, by default `~/.pgpass`), which must be readable by its owner only.
 * @throws OperatorError for an address or a password file that cannot be used
 */
export function postgresAddress(text: string, environment: Environment): PostgresAddress {
  learnLoginOf(text);
  const url = parsed(text);
  const query = url.searchParams;
  for (const name of query.keys()) {
    if (parameters.includes(name)) continue;
    throw new OperatorError(
      `The database's address has the parameter ${name}: the known parameters are ${parameters.join(', ')}.`,
    );
  }
  const socket = query.get('host');
  const user = decodeURIComponent(url.username) || query.get('user') || environment.PGUSER || userInfo().username;
  const address = {
    host: url.hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: Number(url.port || query.get('port') || environment.PGPORT || 5432),
    socketDirectory: socket?.startsWith('/') ? socket : null,
    database: decodeURIComponent(url.pathname.slice(1)) || user,
    user,
  };
  if (socket !== null && address.socketDirectory === null) {
    throw new OperatorError(
      `The database's address has host=${socket}: give the directory of a socket, as in ?host=/run/postgresql.`,
    );
  }
  const password = decodeURIComponent(url.password) || environment.PGPASSWORD || passwordInFile(address, environment);
  if (password) learnSecret(password);
  return { ...address, password: password || null, tls: tlsOf(query, address) };
}

function parsed(text: string): URL {
  try {
    const url = new URL(text);
    for (const part of [url.username, url.password, url.pathname]) decodeURIComponent(part);
    return url;
  } catch (error) {
    throw new OperatorError(`${withoutSecrets(text)} is not the address of a database: write ${example}.`, {
      cause: error,
    });
  }
}

type Place = Omit<PostgresAddress, 'password' | 'tls'>;

/**
 * Returns the TLS settings. Only `verify-full` verifies the name of the server. TLS is off by default for loopback and
 * sockets, because other hosts cannot intercept them.
 */
function tlsOf(query: URLSearchParams, { host, socketDirectory }: Place): PostgresAddress['tls'] {
  const isLocal = socketDirectory !== null || /^(localhost|127(\.\d+){3}|::1)$/.test(host);
  const mode = query.get('sslmode') ?? (isLocal ? 'disable' : 'verify-full');
  if (mode === 'disable') return null;
  if (mode === 'verify-full') return { authority: query.get('sslrootcert') };
  throw new OperatorError(
    `The database's address has sslmode=${mode}, which does not check the server's name: use verify-full, with sslrootcert=FILE for an authority of your own, or disable.`,
  );
}

/** Returns null if no line of the file fits (libpq, "The Password File"). */
function passwordInFile(place: Place, environment: Environment): string | null {
  const file = environment.PGPASSFILE ?? join(environment.HOME ?? homedir(), '.pgpass');
  const text = readSecretFile(file, 'passwords');
  if (text === null) {
    if (environment.PGPASSFILE === undefined) return null;
    throw new OperatorError(`PGPASSFILE names ${file}, which does not exist: create it with mode 600.`);
  }
  const host = place.socketDirectory === null ? place.host : 'localhost';
  const wanted = [host, String(place.port), place.database, place.user];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) continue;
    const fields = Array.from(line.replace(/\r$/, '').matchAll(/((?:\\.|[^:\\])*)(?::|$)/g), ([, field = '']) =>
      field.replace(/\\(.)/g, '$1'),
    );
    if (wanted.every((value, index) => fields[index] === '*' || fields[index] === value)) return fields[4] ?? null;
  }
  return null;
}
