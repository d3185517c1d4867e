import type { PageFile } from './pages.ts';

/** A value of a row; undefined for text that cannot be decoded. */
export type CellValue = null | number | string | Uint8Array<ArrayBuffer> | undefined;

/** A row on a leaf page of a table; the end of its payload can be on other pages. */
export type Cell = {
  readonly rowid: number;
  /** Its offset on the page. */
  readonly offset: number;
  /** Bytes of its payload: the header with the types, and the values. */
  readonly size: number;
  /** The first part of the payload; a view on the page. */
  readonly local: Buffer;
  /** The page where the payload continues; 0 for none. */
  readonly overflow: number;
};

/** The serial types of a row's values, and the offset of the values in its payload. */
export type Header = { readonly types: readonly number[]; readonly length: number };

const tableLeaf = 0x0d;
/** Size limit of a payload: more than any row of an outbox has. */
const maxPayloadBytes = 64 * 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Yields the rows of a page; none if it is not a leaf page of a table. Skips impossible rows. */
export function* cellsOf(page: Buffer, pageNumber: number, usableSize: number): Generator<Cell> {
  // The first page begins with the header of the file.
  const start = pageNumber === 1 ? 100 : 0;
  if (page.readUInt8(start) !== tableLeaf) return;
  const count = Math.min(page.readUInt16BE(start + 3), Math.floor((usableSize - start - 8) / 2));
  for (let index = 0; index < count; index++) {
    const cell = cellAt(page, page.readUInt16BE(start + 8 + 2 * index), usableSize);
    if (cell) yield cell;
  }
}

/** Parses the row at an offset; null if there cannot be one. */
export function cellAt(page: Buffer, offset: number, usableSize: number): Cell | null {
  const size = varint(page, offset, usableSize);
  const rowid = size && varint(page, size.end, usableSize);
  if (!rowid || rowid.value < 1 || size.value < 2) return null;
  const mostLocal = usableSize - 35;
  const leastLocal = Math.floor(((usableSize - 12) * 32) / 255) - 23;
  const preferred = leastLocal + ((size.value - leastLocal) % (usableSize - 4));
  const isWhole = size.value <= mostLocal;
  const localSize = isWhole ? size.value : preferred <= mostLocal ? preferred : leastLocal;
  const end = rowid.end + localSize;
  if (end + (isWhole ? 0 : 4) > usableSize) return null;
  return {
    rowid: rowid.value,
    offset,
    size: size.value,
    local: page.subarray(rowid.end, end),
    overflow: isWhole ? 0 : page.readUInt32BE(end),
  };
}

/** Parses the header of a row; null if it is invalid: its values must fill the payload exactly. */
export function headerOf(cell: Cell): Header | null {
  const length = varint(cell.local, 0, cell.local.length);
  if (!length || length.value > cell.local.length) return null;
  const types: number[] = [];
  let total = length.value;
  for (let at = length.end; at < length.value; ) {
    const type = varint(cell.local, at, length.value);
    const size = type && sizeOf(type.value);
    if (!type || size === null) return null;
    types.push(type.value);
    total += size;
    at = type.end;
  }
  return total === cell.size ? { types, length: length.value } : null;
}

/** Returns a copy of the whole payload of a row; null if its other pages do not exist or it is impossibly large. */
export function payloadOf(cell: Cell, pages: PageFile): Buffer<ArrayBuffer> | null {
  if (cell.size > Math.min(pages.byteCount, maxPayloadBytes)) return null;
  const payload = Buffer.alloc(cell.size);
  let filled = cell.local.copy(payload);
  let next = cell.overflow;
  while (filled < payload.length) {
    const page = pages.page(next);
    if (page === null) return null;
    filled += page.copy(payload, filled, 4, pages.usableSize);
    next = page.readUInt32BE(0);
  }
  return payload;
}

/** Decodes the values of a row. */
export function valuesOf(payload: Buffer<ArrayBuffer>, header: Header): CellValue[] {
  let at = header.length;
  return header.types.map((type) => {
    const bytes = payload.subarray(at, at + (sizeOf(type) ?? 0));
    at += bytes.length;
    return decoded(type, bytes);
  });
}

function decoded(type: number, bytes: Buffer<ArrayBuffer>): CellValue {
  if (type === 0) return null;
  if (type === 7) return bytes.readDoubleBE(0);
  if (type === 8 || type === 9) return type - 8;
  if (type === 6) return Number(bytes.readBigInt64BE(0));
  if (type < 6) return bytes.readIntBE(0, bytes.length);
  if (type % 2 === 0) return bytes;
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns the size of a value of a type in bytes; null for an unknown type. */
function sizeOf(type: number): number | null {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][type] ?? null;
}

/**
 * Decodes a variable-length integer of one to nine bytes with seven bits each; null if it does not end before `limit`,
 * or is negative or too large.
 */
function varint(bytes: Buffer, start: number, limit: number): { value: number; end: number } | null {
  let value = 0;
  for (let at = start; at < limit && at < start + 8; at++) {
    const byte = bytes.readUInt8(at);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return Number.isSafeInteger(value) ? { value, end: at + 1 } : null;
  }
  return null;
}
