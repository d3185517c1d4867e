import { chmodSync, chownSync, copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SQL } from 'bun';
import { type PostgresAddress, postgresAddress } from '../../src/config/postgres.ts';
import { quickDirectory } from './files.ts';
import { freePorts } from './ports.ts';
import { run } from './run.ts';
import { type Running, start } from './start.ts';
import { until } from './until.ts';
import { nobody } from './user-manager.ts';

/** A real PostgreSQL server with its data in a temporary directory. */
export type Cluster = {
  /** Makes an empty database and returns its address over the socket. */
  makeDatabase(): Promise<string>;
  /** The address of a database of this server over TCP. */
  overTcp(database: string): string;
  /** Runs statements as the superuser. */
  sql(statement: string): Promise<Record<string, unknown>[]>;
  /** Freezes all processes of the server, or lets them run again. */
  freeze(): void;
  thaw(): void;
  /** Ends the server at once, as after a crash, and starts it again. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Stops the server and removes its data. */
  remove(): Promise<void>;
};

/** Debian's programs are not on the path: the newest version of them. */
const binaries = newest('/usr/lib/postgresql');

/** True if the server is installed. */
export const isPostgresInstalled = binaries !== null && Bun.which('setpriv') !== null;

let shared: Promise<Cluster> | null = null;

/** Returns the server that all tests of this process share. It ends with the process. */
export function sharedCluster(): Promise<Cluster> {
  shared ??= startCluster();
  return shared;
}

/** Returns the address in the text of `makeDatabase` or `overTcp`. */
export function addressOf(url: string): PostgresAddress {
  return postgresAddress(url, { HOME: '/nonexistent' });
}

/** Starts a server. The caller removes it. */
export async function startCluster(
  tls: { readonly certificate: string; readonly key: string } | null = null,
): Promise<Cluster> {
  const directory = quickDirectory();
  const port = await freePorts(1);
  const data = join(directory.path, 'data');
  if (isRoot) chownSync(directory.path, nobody.id, nobody.id);
  chmodSync(directory.path, 0o755);
  const options = ['--username=postgres', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C.UTF-8'];
  const made = run(asUser(['initdb', `--pgdata=${data}`, ...options]), { env, cwd: directory.path });
  if (made.exit !== 0) throw new Error(`initdb failed: ${made.stderr}`);
  const ownFile = (from: string, name: string) => {
    const to = join(directory.path, name);
    copyFileSync(from, to);
    chmodSync(to, 0o600);
    if (isRoot) chownSync(to, nobody.id, nobody.id);
    return to;
  };
  const encryption =
    tls === null
      ? []
      : [
          'ssl=on',
          `ssl_cert_file=${ownFile(tls.certificate, 'server.pem')}`,
          `ssl_key_file=${ownFile(tls.key, 'server.key')}`,
        ];
  let server: Running;
  let admin: SQL;

  const launch = async () => {
    // fsync costs most of the time of a test, and no test turns the power off.
    const given = [
      'fsync=off',
      `listen_addresses=127.0.0.1`,
      `unix_socket_directories=${directory.path}`,
      ...encryption,
    ];
    const argv = ['postgres', '-D', data, '-p', String(port), ...given.flatMap((setting) => ['-c', setting])];
    server = start(asUser(argv), { env, cwd: directory.path });
    admin = new SQL({
      adapter: 'postgres',
      path: join(directory.path, `.s.PGSQL.${port}`),
      username: 'postgres',
      max: 1,
    });
    const answers = () =>
      admin.unsafe('SELECT 1').then(
        () => true,
        () => false,
      );
    await until(answers, () => `PostgreSQL answers: ${server.stderr()}`, 60);
  };
  const end = async (signal: NodeJS.Signals) => {
    await admin.close({ timeout: 0 });
    server.kill(signal);
    await server.ended;
  };
  await launch();
  cleanUpAtTheEnd(directory.path);

  let databases = 0;
  return {
    async makeDatabase() {
      databases += 1;
      const name = `test_${databases}`;
      await admin.unsafe(`CREATE DATABASE ${name}`);
      return `postgres:///${name}?host=${directory.path}&port=${port}&user=postgres`;
    },
    overTcp: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    sql: async (statement) => [...(await admin.unsafe(statement))],
    freeze: () => signalAll(server.pid, 'SIGSTOP'),
    thaw: () => signalAll(server.pid, 'SIGCONT'),
    stop: () => end('SIGQUIT'),
    restart: launch,
    async remove() {
      signalAll(server.pid, 'SIGCONT');
      await end('SIGQUIT');
      directory.remove();
    },
  };
}

const env = { PATH: `${binaries}:/usr/bin:/bin`, LC_ALL: 'C.UTF-8' };
const isRoot = process.getuid?.() === 0;

/** The server refuses to run as root. With `--pdeathsig` it ends with this process. */
function asUser(argv: string[]): string[] {
  const user = isRoot ? [`--reuid=${nobody.id}`, `--regid=${nobody.id}`, '--clear-groups'] : [];
  return ['setpriv', ...user, '--pdeathsig=QUIT', ...argv];
}

/**
 * Ends the server and removes its data when this process ends, however it ends: the pipe is closed then. `bun test` runs no
 * exit handlers.
 */
function cleanUpAtTheEnd(directory: string): void {
  const script = `cat >/dev/null
    [ -e "$0" ] && kill -QUIT "$(head -n 1 "$0/data/postmaster.pid")"
    for attempt in $(seq 100); do rm -rf "$0"; [ -e "$0" ] || exit; sleep 0.1; done`;
  const argv = ['/bin/sh', '-c', script, directory];
  const cleaner = Bun.spawn(argv, { stdin: 'pipe', stdout: 'ignore', stderr: 'ignore', detached: true });
  cleaner.unref();
  cleaners.push(cleaner);
}

/** Referenced, because the pipe of one that is garbage-collected is closed. */
const cleaners: unknown[] = [];

function newest(directory: string): string | null {
  try {
    const version = Math.max(...readdirSync(directory).map(Number).filter(Number.isInteger));
    return Number.isFinite(version) ? join(directory, String(version), 'bin') : null;
  } catch {
    return null;
  }
}

function signalAll(pid: number, signal: NodeJS.Signals): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
  for (const one of [pid, ...children.map(Number)]) process.kill(one, signal);
}
