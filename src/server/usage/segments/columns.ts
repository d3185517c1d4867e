/** A column of numbers. */
export type SegmentColumn = Uint16Array | Int16Array | Uint32Array | Int32Array | Float64Array;

const kinds = {
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f64: Float64Array,
} as const;
type Kind = keyof typeof kinds;
type Heading = readonly [name: string, kind: Kind, length: number];

/** Every decoded column begins at a multiple of its greatest width. */
const alignment = 8;

/**
 * Returns columns as compressed bytes: the length of the heading (u32, little endian), the heading as JSON, and the
 * columns. Of each column, the first bytes of all numbers come first, then the second bytes of all numbers, and so on:
 * zstd makes that a third smaller. `decodeColumns` reverses it.
 */
export function encodeColumns(columns: Readonly<Record<string, SegmentColumn>>): Uint8Array {
  const headings: Heading[] = Object.entries(columns).map(([name, column]) => [name, kindOf(column), column.length]);
  const heading = Buffer.from(JSON.stringify(headings));
  let size = 4 + heading.length;
  for (const column of Object.values(columns)) size += column.byteLength;
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, heading.length, true);
  bytes.set(heading, 4);
  let position = 4 + heading.length;
  for (const column of Object.values(columns)) {
    const { buffer, byteOffset, byteLength } = column;
    divideBytes(new Uint8Array(buffer, byteOffset, byteLength), column.BYTES_PER_ELEMENT, bytes.subarray(position));
    position += byteLength;
  }
  return Bun.zstdCompressSync(bytes, { level: 3 });
}

/** Columns that were decoded, by name. Each function throws if there is no such column. */
export type Decoded = {
  /** The memory that the columns take. */
  readonly bytes: number;
  has(name: string): boolean;
  /** An unsigned column of 16 bits, or of 32 if it has larger numbers. */
  ids(name: string): Uint16Array | Uint32Array;
  i16(name: string): Int16Array;
  i32(name: string): Int32Array;
  u32(name: string): Uint32Array;
  f64(name: string): Float64Array;
};

/** Returns the columns that `encodeColumns` compressed. */
export function decodeColumns(compressed: Uint8Array): Decoded {
  const plain = Bun.zstdDecompressSync(compressed);
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(0, true);
  const headings: Heading[] = JSON.parse(plain.toString('utf8', 4, 4 + length));
  const sizes = headings.map(([, kind, count]) => aligned(kinds[kind].BYTES_PER_ELEMENT * count));
  const memory = new ArrayBuffer(sizes.reduce((sum, size) => sum + size, 0));
  const columns = new Map<string, SegmentColumn>();
  let [from, to] = [4 + length, 0];
  for (const [index, [name, kind, count]] of headings.entries()) {
    const column = new kinds[kind](memory, to, count);
    uniteBytes(plain.subarray(from), column.BYTES_PER_ELEMENT, new Uint8Array(memory, to, column.byteLength));
    columns.set(name, column);
    from += column.byteLength;
    to += sizes[index] ?? 0;
  }
  function column<Type extends SegmentColumn>(name: string, ...types: readonly (new (...of: never[]) => Type)[]): Type {
    const found = columns.get(name);
    for (const type of types) if (found instanceof type) return found;
    throw new Error(`a segment has no column ${name} of the expected width`);
  }
  return {
    bytes: memory.byteLength,
    has: (name) => columns.has(name),
    ids: (name) => column<Uint16Array | Uint32Array>(name, Uint16Array, Uint32Array),
    i16: (name) => column(name, Int16Array),
    i32: (name) => column(name, Int32Array),
    u32: (name) => column(name, Uint32Array),
    f64: (name) => column(name, Float64Array),
  };
}

function divideBytes(from: Uint8Array, width: number, to: Uint8Array): void {
  let place = 0;
  for (let byte = 0; byte < width; byte++) {
    for (let index = byte; index < from.length; index += width) to[place++] = from[index] ?? 0;
  }
}

function uniteBytes(from: Uint8Array, width: number, to: Uint8Array): void {
  let place = 0;
  for (let byte = 0; byte < width; byte++) {
    for (let index = byte; index < to.length; index += width) to[index] = from[place++] ?? 0;
  }
}

/** Returns numbers from 0 to 2³² − 1 as the narrowest unsigned column. */
export function narrow(values: readonly number[]): Uint16Array | Uint32Array {
  let greatest = 0;
  for (const value of values) if (value > greatest) greatest = value;
  return greatest < 65_536 ? new Uint16Array(values) : new Uint32Array(values);
}

function aligned(size: number): number {
  return Math.ceil(size / alignment) * alignment;
}

function kindOf(column: SegmentColumn): Kind {
  if (column instanceof Uint16Array) return 'u16';
  if (column instanceof Int16Array) return 'i16';
  if (column instanceof Uint32Array) return 'u32';
  return column instanceof Int32Array ? 'i32' : 'f64';
}
