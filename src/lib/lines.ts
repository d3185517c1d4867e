/** One line of a stream; the text is null where the line is longer than asked for, or no UTF-8. */
export type Line = {
  readonly number: number;
  /** Where it begins in the stream. */
  readonly byte: number;
  readonly text: string | null;
};

/** The lines of a stream, read as they come; what a too long line has is not kept. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let number = 0;
  let byte = 0;
  let kept: Uint8Array[] = [];
  let length = 0;
  const add = (part: Uint8Array) => {
    length += part.length;
    if (length <= maxBytes) kept.push(part);
    else kept = [];
  };
  const take = (): Line => {
    number += 1;
    const line = { number, byte, text: length > maxBytes ? null : decoded(kept) };
    byte += length + 1;
    kept = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.slice(start));
  }
  if (length > 0) yield take();
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function decoded(parts: readonly Uint8Array[]): string | null {
  const [first] = parts;
  try {
    return utf8.decode(parts.length === 1 ? first : Buffer.concat(parts)).replace(/\r$/, '');
  } catch {
    return null;
  }
}
