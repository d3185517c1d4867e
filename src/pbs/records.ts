import { Damages } from '../lib/records.ts';
import { compactRecords, maxCompactBytes } from './compact.ts';
import { type RawValue, withoutComma } from './values.ts';

/** One job, node or queue of PBS's JSON: its id and the fields that were asked for. */
export type PbsRecord = {
  readonly id: string;
  /** Where it begins in the output, in bytes. */
  readonly byte: number;
  readonly fields: ReadonlyMap<string, RawValue>;
};

/** What was found of the document around the records. */
export type PbsDocument = {
  /** False where the output is no PBS JSON at all: empty, or an error message. */
  readonly isPbs: boolean;
  readonly damaged: Damages;
};

/** How the document is indented: what tells a record from a field, whatever is broken inside. */
type Layout = { readonly section: string; readonly record: string; readonly field: string };

/** A record over this size is not held: no real one comes near (2,500 hosts in `exec_host` are 50 kB). */
const maxRecordBytes = 16 * 1024 * 1024;
/** How much may come before the section's name: a banner, the header. */
const maxHeaderBytes = 1024 * 1024;

/**
 * Reads the records of one section (`Jobs`, `nodes`, `Queue`) of `-F json` output from a stream of bytes, in memory for
 * one record. PBS's JSON is often not JSON, so it is read by its lines, which both encoders print one member each:
 * a record is what stands between two lines of record indentation, and what is broken in it costs it alone.
 * Only the fields in `wanted` are kept; a job's environment is passed over unread.
 *
 * Calls `take` for each whole record; a string it returns says what is wrong with the record and counts it as damaged.
 */
export async function readRecords(
  chunks: AsyncIterable<Uint8Array>,
  section: string,
  wanted: ReadonlySet<string>,
  take: (record: PbsRecord) => string | undefined,
): Promise<PbsDocument> {
  const damaged = new Damages();
  let header: Header = { kind: 'unknown' };
  let pending: Buffer = Buffer.alloc(0);
  let offset = 0;

  const takeRecord = (start: number, end: number, layout: Layout) => {
    const record = parseRecord(pending.toString('latin1', start, end), offset + start + 1, layout, wanted);
    const problem = record.problem ?? take(record);
    if (problem !== undefined) damaged.add({ record: record.id, byte: record.byte, problem });
    if (record.ends !== undefined && !/^\s*,?\s*$/.test(pending.toString('latin1', start + record.ends, end))) {
      damaged.add({ record: null, byte: offset + start + record.ends, problem: 'is no record' });
    }
  };

  for await (const chunk of chunks) {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    if (header.kind === 'unknown') {
      header = findHeader(pending, section);
      if (header.kind === 'lines') {
        pending = pending.subarray(header.start);
        offset += header.start;
      }
    }
    if (header.kind === 'unknown' && pending.length > maxHeaderBytes) {
      // Nothing of PBS in so much output: keep the end, where a section's name may be cut in two.
      offset += pending.length - 1024;
      pending = pending.subarray(pending.length - 1024);
    }
    if (header.kind === 'compact' && pending.length > maxCompactBytes) break;
    if (header.kind !== 'lines') continue;

    const marker = `\n${header.layout.record}"`;
    let start = 0;
    for (
      let next = pending.indexOf(marker, 1, 'latin1');
      next > 0;
      next = pending.indexOf(marker, next + 1, 'latin1')
    ) {
      takeRecord(start, next, header.layout);
      start = next;
    }
    if (pending.length - start > maxRecordBytes) {
      damaged.add({ record: null, byte: offset + start, problem: `no end within ${maxRecordBytes} bytes` });
      // The next record's opening line may be cut in two here.
      const kept = marker.length - 1;
      offset += pending.length - kept;
      pending = Buffer.from(pending.subarray(pending.length - kept));
    } else {
      offset += start;
      // A copy, because a view would keep every chunk it was cut from.
      pending = Buffer.from(pending.subarray(start));
    }
  }

  if (header.kind === 'lines') {
    const end = pending.indexOf(`\n${header.layout.section}}`, 0, 'latin1');
    takeRecord(0, end < 0 ? pending.length : end, header.layout);
    const { section: indent } = header.layout;
    const isWhole = new RegExp(`^\\n${indent}\\}(?:\\s*\\}|,\\n${indent}")`).test(
      pending.toString('latin1', Math.max(0, end)),
    );
    if (!isWhole) damaged.add({ record: null, byte: offset + pending.length, problem: 'the output ends too early' });
  } else if (header.kind === 'compact') {
    compactRecords(pending, section, wanted, take, damaged);
  }
  // An idle system's output is a header alone, but a whole one.
  if (header.kind === 'unknown' && pending.length > 0 && !/\}\s*$/.test(pending.toString('latin1'))) {
    damaged.add({ record: null, byte: offset + pending.length, problem: 'the output ends too early' });
  }
  const isPbs = header.kind !== 'unknown' || /"pbs_version"|"timestamp"/.test(pending.toString('latin1', 0, 4096));
  return { isPbs, damaged };
}

type Header =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'compact' }
  | { readonly kind: 'lines'; readonly start: number; readonly layout: Layout };

/**
 * Finds the section and how its records are indented, past whatever is printed before it. The indentation is told by
 * the section's own line, not by its first record, which may be the broken one.
 */
function findHeader(pending: Buffer, section: string): Header {
  const text = pending.toString('latin1', 0, maxHeaderBytes);
  const opening = new RegExp(`(^|\\n|[{,])([ \\t]*)"${section}"[ \\t]*:[ \\t]*(?:\\{(\\s*)(\\S)|null)`).exec(text);
  if (!opening) return { kind: 'unknown' };
  const [whole, before, indent = '', gap = '', next] = opening;
  if (next === undefined) return { kind: 'empty' };
  const hasOwnLine = before === '\n' && indent !== '';
  if (next === '}') {
    const after = text.slice(opening.index + whole.length);
    if (hasOwnLine && /^,?\s*$/.test(after)) return { kind: 'unknown' };
    if (!hasOwnLine || /^\s*\}/.test(after) || after.startsWith(`,\n${indent}"`)) return { kind: 'empty' };
  }
  if (!hasOwnLine) return { kind: 'compact' };
  const newline = gap.lastIndexOf('\n');
  const start = opening.index + whole.length - 1 - (newline < 0 ? 0 : gap.length - newline);
  return { kind: 'lines', start, layout: { section: indent, record: indent.repeat(2), field: indent.repeat(3) } };
}

/** `ends` is how much of the text the record is: what stands behind it may be one whose opening line is broken. */
type ParsedRecord = PbsRecord & { readonly problem?: string; readonly ends?: number };

/** Takes one record apart: `text` is a line break, its opening line, its fields, and its closing line. */
function parseRecord(text: string, byte: number, layout: Layout, wanted: ReadonlySet<string>): ParsedRecord {
  const idEnd = text.indexOf('":', layout.record.length + 2);
  const id = idEnd < 0 ? '' : text.slice(layout.record.length + 2, idEnd);
  const fields = new Map<string, RawValue>();
  const record = { id, byte, fields };
  let lineEnd = text.indexOf('\n', 1);
  if (idEnd < 0 || lineEnd < 0 || idEnd > lineEnd || withoutComma(text.slice(idEnd + 2, lineEnd)) !== '{') {
    return { ...record, problem: 'is no object' };
  }
  const fieldStart = `${layout.field}"`;
  const objectEnd = `\n${layout.field}}`;
  const arrayEnd = `\n${layout.field}]`;
  const recordEnd = `${layout.record}}`;
  while (lineEnd >= 0) {
    const start = lineEnd + 1;
    lineEnd = text.indexOf('\n', start);
    if (!text.startsWith(fieldStart, start)) {
      if (text.startsWith(recordEnd, start)) return { ...record, ends: start + recordEnd.length };
      continue;
    }
    const nameStart = start + fieldStart.length;
    const nameEnd = text.indexOf('":', nameStart);
    if (nameEnd < 0) continue;
    const last = lineEnd < 0 ? text.length : lineEnd;
    const opens = text[last - 1];
    const isOpening = (opens === '{' || opens === '[') && text.slice(nameEnd + 2, last - 1).trim() === '';
    const name = text.slice(nameStart, nameEnd);
    if (!isOpening) {
      if (wanted.has(name)) fields.set(name, withoutComma(text.slice(nameEnd + 2, last)));
      continue;
    }
    const close = text.indexOf(opens === '{' ? objectEnd : arrayEnd, last - 1);
    if (close < 0) break;
    if (wanted.has(name)) {
      const lines = text.slice(last, close).split('\n').slice(1);
      fields.set(name, {
        kind: opens === '{' ? 'object' : 'array',
        lines: opens === '{' ? lines.map((line) => line.trim()) : lines.map(withoutComma),
      });
    }
    lineEnd = text.indexOf('\n', close + 1);
  }
  return { ...record, problem: 'does not end' };
}
