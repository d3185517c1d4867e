/** One line of a stream. */
export type Line = {
  /** Where it begins in the stream. */
  readonly byte: number;
  /** Without its end; null where it is longer than asked for, or cannot be decoded. */
  readonly text: string | null;
};

/** A line with its place among the others, from 1 on. */
export type NumberedLine = Line & { readonly number: number };

/** The lines that end in one chunk; or what follows the last line's end, by itself, where the stream ends without one. */
export type Lines = { readonly lines: readonly Line[]; readonly isCutOff: boolean };

/** Gives the text of a part of some bytes; null where it has none. */
export type Decode = (bytes: Buffer, start: number, end: number) => string | null;

/** Text that must be UTF-8, without a carriage return at its end. */
export const strict: Decode = (bytes, start, end) => {
  try {
    return utf8.decode(bytes.subarray(start, end)).replace(/\r$/, '');
  } catch {
    return null;
  }
};
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Text in which what is no UTF-8 becomes U+FFFD. */
export const lenient: Decode = (bytes, start, end) => bytes.toString('utf8', start, end);

/**
 * The lines of a stream with their numbers, one by one as they come; one that is no UTF-8 has no text. The last one needs
 * no end.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<NumberedLine> {
  let number = 0;
  for await (const { lines } of cutIntoLines(chunks, maxBytes, strict)) {
    for (const line of lines) {
      number += 1;
      yield { number, ...line };
    }
  }
}

const lineFeed = 10;

/** Cuts a stream into lines, as many at a time as a chunk ends; what a too long line has is not kept. */
export async function* cutIntoLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
  decode: Decode,
): AsyncGenerator<Lines> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let offset = 0;
  const keep = (part: Buffer) => {
    begunBytes += part.length;
    if (begunBytes > maxBytes) begun = [];
    else begun.push(part);
  };
  const take = (end: number): Line => {
    const bytes = begunBytes > maxBytes ? null : Buffer.concat(begun);
    const line = { byte: end - begunBytes, text: bytes && decode(bytes, 0, bytes.length) };
    begun = [];
    begunBytes = 0;
    return line;
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: Line[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      // Most lines lie within a chunk, where they can be decoded without being cut out.
      if (begunBytes === 0 && end - start <= maxBytes) {
        lines.push({ byte: offset + start, text: decode(bytes, start, end) });
      } else {
        keep(bytes.subarray(start, end));
        lines.push(take(offset + end));
      }
      start = end + 1;
    }
    if (start < bytes.length) keep(Buffer.from(bytes.subarray(start)));
    offset += bytes.length;
    if (lines.length > 0) yield { lines, isCutOff: false };
  }
  if (begunBytes > 0) yield { lines: [take(offset)], isCutOff: true };
}
