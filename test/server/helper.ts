import { Database } from 'bun:sqlite';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addUser } from '../../src/server/auth/users.ts';
import { type ReceiverOptions, startReceiver } from '../../src/server/receiver.ts';

export const user = 'collector';
export const password = 'correct horse';
export const login = { Authorization: basic(user, password) };

export function basic(name: string, secret: string): string {
  return `Basic ${Buffer.from(`${name}:${secret}`).toString('base64')}`;
}

export type Json = Record<string, unknown>;
export type Answered = { status: number; headers: Headers; body: Json };

/** A path in a fresh directory, and the removal of it. */
export function freshDatabasePath() {
  const directory = mkdtempSync(join(tmpdir(), 'receiver-'));
  return { path: join(directory, 'receiver.db'), remove: () => rmSync(directory, { recursive: true, force: true }) };
}

/** A real receiver with one user on a free port. */
export async function startForTest(options: Partial<ReceiverOptions> = {}) {
  const { path, remove } = freshDatabasePath();
  await addUser(path, user, password);
  const lines: string[] = [];
  const receiver = await startReceiver({
    hostname: '127.0.0.1',
    port: 0,
    databasePath: path,
    log: (line) => lines.push(line),
    ...options,
  });
  async function send(method: string, path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(`${receiver.url}/api/v1/status/${path}`, { method, ...init });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }
  return {
    url: receiver.url,
    path,
    lines,
    send,
    stop: receiver.stop,
    get: (path: string) => send('GET', path, { headers: login }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      send('POST', path, {
        headers: { ...login, 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    rows: (table: string) => {
      const database = new Database(path, { readonly: true });
      try {
        return database.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? -1;
      } finally {
        database.close();
      }
    },
    async remove() {
      await receiver.stop();
      remove();
    },
  };
}

export type TestReceiver = Awaited<ReturnType<typeof startForTest>>;

/** Sends bytes as they are and returns what comes back until the other side, or `until`, ends it. */
export function raw(url: string, text: string, until: (received: string) => boolean = () => false): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const { hostname, port } = new URL(url);
  let received = '';
  const socket = connect(Number(port), hostname, () => socket.write(text));
  socket.on('data', (chunk) => {
    received += String(chunk);
    if (until(received)) socket.destroy();
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(received));
  return promise;
}
