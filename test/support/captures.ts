import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fixtures } from './systems.ts';

/** PBS's JSON cut by plain means, as Latin-1 text: one record is its line break, its lines and the comma behind it. */
export type Capture = {
  readonly head: string;
  readonly records: readonly { readonly id: string; readonly text: string }[];
  readonly tail: string;
};

/** Both encoders put records at the second level of indentation: two tabs or eight blanks. */
const recordStart = /\n(?=(?:\t\t| {8})"[^"\n]*":[ \t]*\{)/;
const sectionEnd = /\n(?:\t| {4})\}\s*\}\s*$/;

export function captureOf(recording: string, file: string): Capture {
  const text = readFileSync(join(fixtures, recording, file), 'latin1');
  const tail = sectionEnd.exec(text)?.[0] ?? '';
  const [head = '', ...records] = text.slice(0, text.length - tail.length).split(recordStart);
  return {
    head,
    records: records.map((record) => ({ id: /"([^"]*)"/.exec(record)?.[1] ?? '', text: `\n${record}` })),
    tail,
  };
}

/** The bytes of a capture with these records, in place of its own. */
export function bytesOf(capture: Capture, records: readonly string[]): Buffer {
  return Buffer.from(capture.head + commaOnlyBetween(records).join('') + capture.tail, 'latin1');
}

/** Only the last record has no comma behind it. */
function commaOnlyBetween(records: readonly string[]): string[] {
  return records.map((record, index) => {
    const bare = record.endsWith('},') ? record.slice(0, -1) : record;
    return index < records.length - 1 ? `${bare},` : bare;
  });
}

/** The record with that id. */
export function recordOf(capture: Capture, id: string): string {
  const record = capture.records.find((other) => other.id === id);
  if (!record) throw new Error(`the capture has no record ${id}`);
  return record.text;
}

/** Cuts bytes into chunks of these sizes, over and over. */
export function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const size = Math.max(1, sizes[chunks.length % sizes.length] ?? bytes.length);
    chunks.push(bytes.subarray(start, start + size));
    start += size;
  }
  return chunks;
}
