import { describe, expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { addUser } from '../../src/server/auth/users.ts';
import { type ReceiverOptions, startReceiver } from '../../src/server/receiver.ts';
import { type Location, openStore } from '../../src/server/store/open.ts';
import type { Writer } from '../../src/server/store/port.ts';
import { describeThat } from '../support/needs.ts';
import { addressOf, isPostgresInstalled, sharedCluster } from '../support/postgres.ts';

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

/** A kind of database that the receiver stores in. */
export type Engine = 'SQLite' | 'PostgreSQL';

/** Defines the same tests for each kind of database. Those for PostgreSQL are skipped if it is not installed. */
export function overEngines(define: (engine: Engine) => void): void {
  describe('on SQLite', () => define('SQLite'));
  describeThat([isPostgresInstalled, 'postgresql'])('on PostgreSQL', () => define('PostgreSQL'));
}

/** An empty database, and the removal of it. */
export async function freshDatabase(engine: Engine): Promise<{ database: Location; remove(): void }> {
  if (engine === 'PostgreSQL') {
    const url = await (await sharedCluster()).makeDatabase();
    return { database: addressOf(url), remove: () => undefined };
  }
  const { path, remove } = freshDatabasePath();
  return { database: path, remove };
}

/** A real receiver with one user on a free port, with an empty database unless one is given. `store` is a second connection to its database. */
export async function startForTest(options: Partial<ReceiverOptions> & { readonly engine?: Engine } = {}) {
  const { engine = 'SQLite', database: given, ...receiverOptions } = options;
  const { database, remove } = given ? { database: given, remove: () => undefined } : await freshDatabase(engine);
  await addUser(database, user, password);
  const lines: string[] = [];
  const receiver = await startReceiver({
    hostname: '127.0.0.1',
    port: 0,
    database,
    log: (line) => lines.push(line),
    ...receiverOptions,
  });
  const store = await openStore(database);
  async function send(method: string, path: string, init: RequestInit = {}): Promise<Answered> {
    const response = await fetch(`${receiver.url}/api/v1/status/${path}`, { method, ...init });
    return { status: response.status, headers: response.headers, body: (await response.json()) as Json };
  }
  return {
    url: receiver.url,
    engine,
    database,
    /** The file of an SQLite database. */
    path: String(database),
    lines,
    send,
    stop: receiver.stop,
    reloadTls: receiver.reloadTls,
    get: (path: string) => send('GET', path, { headers: login }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      send('POST', path, {
        headers: { ...login, 'Content-Type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      }),
    rows: async (table: string) => (await store.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))?.n ?? -1,
    all: store.all,
    /** Changes the database behind the back of the receiver. */
    change: (sql: string) => store.transaction((writer: Writer) => writer.run(sql)),
    async remove() {
      await receiver.stop();
      await store.close();
      remove();
    },
  };
}

export type TestReceiver = Awaited<ReturnType<typeof startForTest>>;

/** A body that stops after its first bytes, when `reached` resolves, until `release` is called. */
export function heldBody(value: unknown) {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: goOn, resolve: release } = Promise.withResolvers<void>();
  const text = new TextEncoder().encode(JSON.stringify(value));
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(text.slice(0, 20));
      reach();
      await goOn;
      controller.enqueue(text.slice(20));
      controller.close();
    },
  });
  return { body, reached, release };
}

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

/** Fails if a value lacks a member, or has one that the schema does not name. */
export function expectForm(schema: z.ZodType, value: unknown): void {
  expect(schema.parse(value)).toEqual(value);
}
