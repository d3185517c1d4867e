import { entryStates } from '../entry.ts';
import { sha256Of } from '../insert.ts';
import type { EntryRow } from '../row.ts';
import { BitRepair } from './bit-repair.ts';
import { PageFile } from './pages.ts';
import { type Cell, cellAt, cellsOf, headerOf, payloadOf, valuesOf } from './record.ts';
import { type DroppedRow, droppedRowOf, entryRowOf, metadataOf } from './rows.ts';

/** A found entry; `gzip` is null if its body is missing or damaged. */
export type Carved = { readonly row: EntryRow; readonly gzip: Uint8Array<ArrayBuffer> | null };

/**
 * The readable parts of an outbox file, found without SQLite. SQLite stops at the first damaged page of a tree, but
 * each leaf page can be read without the others.
 */
export type Carving = {
  readonly metadata: ReadonlyMap<string, string>;
  readonly dropped: readonly DroppedRow[];
  /** The number of bodies whose entry was not found. They are lost, because their destination is unknown. */
  readonly strayBodies: number;
  /** True if the file is a database, or has rows that only an outbox has. */
  readonly isOfOutbox: boolean;
  /** Returns why a part of the file could not be read so far; null if all parts could. */
  readFault(): string | null;
  /** Yields each entry once, oldest first. Reads one body at a time. */
  entries(): Generator<Carved>;
  close(): void;
};

type Found = {
  /** By id. Further rows of an id are its older states, on pages that are no longer in use. */
  readonly entries: Map<string, EntryRow[]>;
  /** The positions in the file of the bodies of a sequence number. */
  readonly bodies: Map<number, number[]>;
  readonly metadata: Map<string, Set<string>>;
  readonly dropped: Map<string, DroppedRow>;
};

/** Searches the whole file. The result reads bodies from the file until it is closed. */
export function carve(file: string, repair = new BitRepair()): Carving {
  const pages = new PageFile(file);
  try {
    const { entries, bodies, metadata, dropped } = search(pages);
    const candidates = [...entries.values()]
      .flatMap((rows) => {
        const [furthest] = rows.sort(furthestFirst);
        return furthest && !dropped.has(furthest.id) ? { rows, sequence: furthest.sequence } : [];
      })
      .sort((one, other) => one.sequence - other.sequence);
    const known = new Set([...entries.values()].flatMap((rows) => rows.map((row) => row.sequence)));
    return {
      // Skip a key with two values: which one is newer is unknown.
      metadata: new Map(
        [...metadata].flatMap(([key, [value, ...more]]) => (value && !more.length ? [[key, value]] : [])),
      ),
      dropped: [...dropped.values()].sort((one, other) => one.dropped_at - other.dropped_at),
      strayBodies: [...bodies.keys()].filter((sequence) => !known.has(sequence)).length,
      *entries() {
        for (const { rows } of candidates) yield* carvedOf(rows, bodies, pages, repair);
      },
      isOfOutbox: pages.isDatabase || entries.size + metadata.size + dropped.size > 0,
      readFault: () => pages.readFault,
      close: () => pages.close(),
    };
  } catch (error) {
    pages.close();
    throw error;
  }
}

function search(pages: PageFile): Found {
  const found: Found = { entries: new Map(), bodies: new Map(), metadata: new Map(), dropped: new Map() };
  const free = pages.freePages();
  for (const [number, page] of pages.pages()) {
    if (free.has(number)) continue;
    for (const cell of cellsOf(page, number, pages.usableSize))
      sort(cell, (number - 1) * pages.pageSize + cell.offset, pages, found);
  }
  return found;
}

/** Adds a row to the rows of its table, which its columns show. */
function sort(cell: Cell, position: number, pages: PageFile, found: Found): void {
  const header = headerOf(cell);
  if (!header) return;
  const { types } = header;
  if (types.length === 2 && types[0] === 0 && types.some(isBlob)) {
    listOf(found.bodies, cell.rowid).push(position);
    return;
  }
  const payload = payloadOf(cell, pages);
  if (!payload) return;
  const values = valuesOf(payload, header);
  const entry = entryRowOf(cell.rowid, values);
  if (entry) listOf(found.entries, entry.id).push(entry);
  const dropped = droppedRowOf(values);
  if (dropped) found.dropped.set(dropped.id, dropped);
  const metadata = metadataOf(values);
  if (metadata) {
    const [key, value] = metadata;
    found.metadata.set(key, (found.metadata.get(key) ?? new Set<string>()).add(value));
  }
}

/**
 * Yields the state of an entry that got furthest and has its body; the furthest one with a repaired body, or without a
 * body, if no body is intact.
 */
function* carvedOf(
  rows: readonly EntryRow[],
  bodies: Found['bodies'],
  pages: PageFile,
  repair: BitRepair,
): Generator<Carved> {
  const stored = rows.flatMap((row) => (bodies.get(row.sequence) ?? []).map((position) => ({ row, position })));
  for (const { row, position } of stored) {
    const gzip = gzipAt(position, pages);
    if (!gzip || !isBodyOf(gzip, row)) continue;
    yield { row, gzip };
    return;
  }
  for (const { row, position } of stored) {
    const gzip = gzipAt(position, pages);
    const repaired = gzip && repair.repair(gzip, row);
    if (!repaired) continue;
    yield { row, gzip: repaired };
    return;
  }
  const [row] = rows;
  if (row) yield { row, gzip: null };
}

/** Returns the compressed body at a position in the file, intact or not; null if there cannot be one. */
function gzipAt(position: number, pages: PageFile): Uint8Array<ArrayBuffer> | null {
  const page = pages.page(Math.floor(position / pages.pageSize) + 1);
  // Copy the page: reading the rest of the payload overwrites the buffer.
  const cell = page && cellAt(Buffer.from(page), position % pages.pageSize, pages.usableSize);
  const header = cell && headerOf(cell);
  const payload = header && payloadOf(cell, pages);
  return payload?.subarray(header?.length) ?? null;
}

function isBodyOf(gzip: Uint8Array<ArrayBuffer>, row: EntryRow): boolean {
  try {
    // Limit the output: a damaged body can expand to a thousand times its size.
    const body = process
      .getBuiltinModule('node:zlib')
      .gunzipSync(gzip, { maxOutputLength: Math.max(row.body_bytes, 1) });
    return sha256Of(body) === row.body_sha256;
  } catch {
    return false;
  }
}

function furthestFirst(one: EntryRow, other: EntryRow): number {
  return entryStates.indexOf(other.state) - entryStates.indexOf(one.state) || other.attempts - one.attempts;
}

function isBlob(type: number): boolean {
  return type >= 12 && type % 2 === 0;
}

function listOf<Key, Value>(lists: Map<Key, Value[]>, key: Key): Value[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
