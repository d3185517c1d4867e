/** A line, and where it begins in the output; the text is null where the line is longer than any of sacct's. */
export type TextLine = { readonly byte: number; readonly text: string | null };

/** Node lists of the largest jobs have some ten thousand characters. */
const maxBytes = 1024 * 1024;

const lineFeed = 10;

/**
 * Cuts output into lines, as many at a time as a chunk ends. Names may be of any encoding: what is no UTF-8 becomes
 * U+FFFD, because the usage counts all the same. What follows the last line's end is no line: `isCutOff` tells.
 */
export async function* wholeLines(
  chunks: AsyncIterable<Uint8Array>,
  whole: { isCutOff: boolean },
): AsyncGenerator<readonly TextLine[]> {
  let begun: Buffer[] = [];
  let begunBytes = 0;
  let offset = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: TextLine[] = [];
    let start = 0;
    for (let end = bytes.indexOf(lineFeed); end >= 0; end = bytes.indexOf(lineFeed, start)) {
      const length = begunBytes + end - start;
      const byte = offset + start - begunBytes;
      if (length > maxBytes) lines.push({ byte, text: null });
      else if (begunBytes === 0) lines.push({ byte, text: bytes.toString('utf8', start, end) });
      else lines.push({ byte, text: Buffer.concat([...begun, bytes.subarray(start, end)]).toString('utf8') });
      begun = [];
      begunBytes = 0;
      start = end + 1;
    }
    offset += bytes.length;
    begunBytes += bytes.length - start;
    // What a too long line has is not kept.
    if (begunBytes > maxBytes) begun = [];
    else if (start < bytes.length) begun.push(Buffer.from(bytes.subarray(start)));
    if (lines.length > 0) yield lines;
  }
  whole.isCutOff = begunBytes > 0;
}
