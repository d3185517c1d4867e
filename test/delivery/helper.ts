import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createConsola } from 'consola';
import { collectorSchema } from '../../src/config/collector.ts';
import type { SamSettings } from '../../src/config/sam.ts';
import type { Clock } from '../../src/delivery/clock.ts';
import type { Destination } from '../../src/delivery/destination.ts';
import { type DrainOptions, type DrainResult, drain } from '../../src/delivery/drain.ts';
import { samDestination } from '../../src/delivery/sam.ts';
import type { Entry, NewEntry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { addEntry } from '../support/add-entry.ts';
import { quickDirectory } from '../support/files.ts';

/** A request as a server got it. */
export type Seen = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What a server does with a request: writes these bytes, or whatever the function does with the connection. */
export type Reply = string | Uint8Array | ((socket: Socket) => void);

export type ScriptedServer = { readonly url: string; readonly seen: readonly Seen[]; stop(): void };

/** A server on loopback whose every byte the test decides; `reply` gets each request and how many there were before. */
export async function startScripted(reply: (request: Seen, before: number) => Reply): Promise<ScriptedServer> {
  const seen: Seen[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, Buffer.from(chunk)]);
      for (let parsed = parse(received); parsed !== null; parsed = parse(received)) {
        received = parsed.rest;
        seen.push(parsed.request);
        const replied = reply(parsed.request, seen.length - 1);
        if (typeof replied === 'function') replied(socket);
        else socket.write(replied);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** The first whole request of what was received; null where it is not whole yet. */
function parse(received: Buffer): { request: Seen; rest: Buffer<ArrayBuffer> } | null {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const length = Number(headers['content-length'] ?? 0);
  if (received.length < end + 4 + length) return null;
  const [method = '', path = ''] = first.split(' ');
  const body = received.subarray(end + 4, end + 4 + length).toString('utf8');
  return { request: { method, path, headers, body }, rest: Buffer.from(received.subarray(end + 4 + length)) };
}

/** An HTTP answer; an object is sent as JSON, anything else as an HTML page. */
export function answer(status: number, body: string | object = '', headers: Record<string, string> = {}): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const all = {
    'Content-Type': typeof body === 'string' ? 'text/html' : 'application/json',
    'Content-Length': String(Buffer.byteLength(text)),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Whatever\r\n${lines.join('')}\r\n${text}`;
}

/** The API's answer to what it stored. */
export function accepted(statusId = 7): string {
  return answer(201, { success: true, message: 'Status ingested successfully', status_id: statusId });
}

/** The API's answer to what failed in its database, or was never acceptable. */
export function databaseError(text: string): string {
  return answer(500, { error: `Database error: ${text}` });
}

/** A port of loopback on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await startScripted(() => '');
  server.stop();
  return Number(new URL(server.url).port);
}

export const user = 'collector';
export const password = 'correct horse battery';

export function settingsFor(url: string, rest: Partial<SamSettings> = {}): SamSettings {
  const defaults = collectorSchema.parse({}).destinations.sam;
  return {
    ...defaults,
    max_per_minute: 100_000,
    baseUrl: url,
    addressSetting: 'STATUS_API_URL',
    loginSetting: 'STATUS_API_USER and STATUS_API_PASSWORD',
    credentials: { user, password },
    timeout: 5,
    proxy: null,
    ...rest,
  };
}

/** A clock that a wait only moves on, and the waits there were, in milliseconds. */
export function fakeClock(): Clock & { readonly waits: number[]; pass(milliseconds: number): void } {
  let now = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => now,
    pass: (milliseconds) => {
      now += milliseconds;
    },
    async wait(milliseconds, signal) {
      if (signal.aborted) return false;
      if (milliseconds > 0) waits.push(milliseconds);
      now += Math.max(0, milliseconds);
      return true;
    },
  };
}

/** An outbox in a directory of its own. */
export function openOutbox() {
  const directory = quickDirectory();
  const file = join(directory.path, 'outbox.db');
  const outbox = new Outbox(file);
  let added = 0;
  return {
    outbox,
    file,
    directory: directory.path,
    /** Adds an entry to a stream, a second after the one before; gives its id. */
    add(system: string, rest: Partial<NewEntry> = {}): string {
      added += 1;
      return addEntry(outbox, {
        stream: `sam/${system}`,
        destination: 'sam',
        method: 'POST',
        path: `/api/v1/status/${system}`,
        body: JSON.stringify({ number: added }),
        collectedAt: new Date(Date.UTC(2026, 0, 1) + added * 1000),
        failedProbes: [],
        rejectedBecause: null,
        ...rest,
      });
    },
    entry(id: string): Entry {
      const [entry] = outbox.withPrefix(id, 1);
      if (!entry) throw new Error(`there is no entry ${id}`);
      return entry;
    },
    close() {
      outbox.close();
      directory.remove();
    },
  };
}

export type TestOutbox = ReturnType<typeof openOutbox>;

export type Drained = DrainResult & { readonly lines: readonly string[]; readonly clock: ReturnType<typeof fakeClock> };

export type DrainingOptions = Partial<DrainOptions> & { clock?: ReturnType<typeof fakeClock> };

/** Drains into the SAM API at a URL; waits pass at once. */
export function drainTo(
  box: TestOutbox,
  url: string,
  { settings, ...options }: DrainingOptions & { settings?: Partial<SamSettings> } = {},
): Promise<Drained> {
  return drainInto(box, samDestination(settingsFor(url, settings)), options);
}

/** Drains into a destination; waits pass at once. */
export async function drainInto(
  { outbox }: TestOutbox,
  destination: Destination,
  { clock = fakeClock(), ...rest }: DrainingOptions = {},
): Promise<Drained> {
  const lines: string[] = [];
  const log = createConsola({
    level: 999,
    throttle: 0,
    reporters: [{ log: (line) => lines.push(line.args.join(' ')) }],
  });
  const result = await drain(
    outbox,
    destination,
    { stream: null, ignoreRest: false, maxSeconds: null, signal: new AbortController().signal, ...rest },
    log,
    clock,
  );
  return { ...result, lines, clock };
}

/** A server and an outbox that go away with the test. */
export async function startFixture(reply: (request: Seen, before: number) => Reply) {
  const server = await startScripted(reply);
  const box = openOutbox();
  return {
    server,
    box,
    [Symbol.dispose]() {
      server.stop();
      box.close();
    },
  };
}
