import { closeSync, openSync, readFileSync, truncateSync, writeSync } from 'node:fs';
import { createConsola } from 'consola';
import type { Entry, EntryState } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { PageFile } from '../../src/outbox/recovery/pages.ts';
import { cellsOf, headerOf } from '../../src/outbox/recovery/record.ts';
import { addEntry } from './add-entry.ts';

/** Numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Bodies that do not compress, so that they span pages: of 20 to about 20,000 bytes. */
function bodyOf(random: () => number): string {
  const bytes = Buffer.alloc(Math.floor(20 + random() ** 3 * 20_000));
  for (let index = 0; index < bytes.length; index++) bytes[index] = Math.floor(random() * 256);
  return JSON.stringify({ filler: bytes.toString('base64') });
}

const states: readonly EntryState[] = ['delivered', 'delivered', 'rejected', 'held', 'pending', 'pending', 'pending'];

/** Fills an outbox with entries of three streams, in every state, two minutes apart up to now. */
export function fillOutbox(file: string, count: number, seed = 1): void {
  const random = seeded(seed);
  const now = Date.now();
  const outbox = new Outbox(file);
  outbox.database.run('BEGIN IMMEDIATE');
  for (let index = 0; index < count; index++) {
    const stream = `sam/${['derecho', 'casper', 'jupyterhub'][index % 3]}`;
    const collectedAt = new Date(now - (count - index) * 120_000);
    const request = { stream, destination: 'sam', method: 'POST', path: '/api/v1/status/x' } as const;
    const body = bodyOf(random);
    const id = addEntry(outbox, {
      ...request,
      body,
      collectedAt,
      failedProbes: index % 5 ? [] : ['queues', 'jobs'],
      rejectedBecause: null,
    });
    const [entry] = outbox.withPrefix(id, 1);
    if (!entry) throw new Error('not stored');
    const attempt = {
      at: new Date(collectedAt.getTime() + 1000),
      seconds: 1,
      status: 500,
      outcome: 'x',
      detail: 'ünwell',
    };
    const state = states[index % states.length];
    if (state !== 'pending') outbox.sending(entry, attempt.at);
    if (state === 'delivered') outbox.delivered(entry, { ...attempt, status: 201 }, '{"status_id":1}');
    if (state === 'rejected') outbox.rejected(entry, attempt, true);
    if (state === 'held') outbox.hold(entry, 'a person said so');
  }
  outbox.database.run('COMMIT');
  outbox.close();
}

/** All entries of an outbox with their bodies, in the order of delivery. */
export function contents(outbox: Outbox): (Entry & { body: string })[] {
  return outbox.list('all').map((entry) => ({ ...entry, body: outbox.body(entry) }));
}

export function contentsOf(file: string): (Entry & { body: string })[] {
  const outbox = new Outbox(file);
  try {
    return contents(outbox);
  } finally {
    outbox.close();
  }
}

export const pageSize = 4096;

/** Overwrites pages, numbered from 1, with what `fill` gives. */
export function overwritePages(file: string, pages: readonly number[], fill: () => number): void {
  const descriptor = openSync(file, 'r+');
  for (const page of pages) {
    const bytes = Buffer.alloc(pageSize);
    for (let index = 0; index < pageSize; index++) bytes[index] = fill();
    writeSync(descriptor, bytes, 0, pageSize, (page - 1) * pageSize);
  }
  closeSync(descriptor);
}

export function pagesIn(file: string): number {
  return readFileSync(file).length / pageSize;
}

/** The page a table begins on. */
export function rootPageOf(file: string, table: string): number {
  const outbox = new Outbox(file);
  const row = outbox.database
    .query<{ rootpage: number }, [string]>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .get(table);
  outbox.close();
  return row?.rootpage ?? 0;
}

/** A page on which the body of an entry goes on; null for a short one, which is all on its own page. */
export function laterPageOf(file: string, sequence: number): number | null {
  const pages = new PageFile(file);
  try {
    for (const [number, page] of pages.pages())
      for (const cell of cellsOf(page, number, pages.usableSize))
        if (cell.rowid === sequence && cell.overflow > 0 && headerOf(cell)?.types.length === 2) return cell.overflow;
    return null;
  } finally {
    pages.close();
  }
}

/** Ways to damage a file; each takes the file and a source of random numbers. */
export const damages: Readonly<Record<string, (file: string, random: () => number) => void>> = {
  'cut off somewhere': (file, random) =>
    truncateSync(file, Math.floor((0.6 + 0.35 * random()) * pagesIn(file) * pageSize)),
  'five pages overwritten': (file, random) =>
    overwritePages(
      file,
      Array.from({ length: 5 }, () => 2 + Math.floor(random() * (pagesIn(file) - 1))),
      () => Math.floor(random() * 256),
    ),
  'the first page zeroed': (file) => overwritePages(file, [1], () => 0),
  'the root page of entries zeroed': (file) => overwritePages(file, [rootPageOf(file, 'entries')], () => 0),
  'the root page of bodies zeroed': (file) => overwritePages(file, [rootPageOf(file, 'bodies')], () => 0),
};

/** A log that keeps its lines. */
export function keptLog(): { log: ReturnType<typeof createConsola>; lines: string[] } {
  const lines: string[] = [];
  const log = createConsola({
    level: 5,
    reporters: [{ log: ({ type, args }) => lines.push(`${type}: ${args.join(' ')}`) }],
  });
  return { log, lines };
}
