/** One line of a stream. */
export type Line = {
  /** The offset of the line in the stream, in bytes. */
  readonly byte: number;
  /** The text without the line end; null if the line is too long or cannot be decoded. */
  readonly text: string | null;
};

/** A line with its number, counted from 1. */
export type NumberedLine = Line & { readonly number: number };

/** The lines that end in one chunk. `isCutOff` is true for the rest of a stream that does not end with a line end. */
export type Lines = { readonly lines: readonly Line[]; readonly isCutOff: boolean };

/** Decodes a part of some bytes to text; null if that is not possible. */
export type Decode = (bytes: Buffer, start: number, end: number) => string | null;

/** Decodes UTF-8 and removes a carriage return at the end; null if the bytes are not UTF-8. */
export const strict: Decode = (bytes, start, end) => {
  try {
    return utf8.decode(bytes.subarray(start, end)).replace(/\r$/, '');
  } catch {
    return null;
  }
};
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Decodes UTF-8 and replaces invalid bytes by U+FFFD. */
export const lenient: Decode = (bytes, start, end) => bytes.toString('utf8', start, end);

/**
 * Yields the lines of a stream with their numbers, one by one. A line that is not UTF-8 has no text. The last line can
 * lack a line end.
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

/** Splits a stream into lines. Yields the lines that end in each chunk together. Drops the text of a too long line. */
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
      // Most lines lie within one chunk: decode them there, without a copy.
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
