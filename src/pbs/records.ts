import { skipLastCompiler } from '../lib/compile-less.ts';
import { Damages } from '../lib/records.ts';
import { compactRecords, maxCompactBytes } from './compact.ts';
import { findHeader, type Layout, maxHeaderBytes, type SectionHeader } from './header.ts';
import { PendingBytes } from './pending-bytes.ts';
import { type PbsRecord, type RawValue, withoutComma } from './values.ts';

/** The state of the document around the records. */
export type PbsDocument = {
  /** False if the output is not PBS JSON: empty, or an error message. */
  readonly isPbs: boolean;
  /** True if the output ends before the end of the document, so that records are missing. */
  readonly isCut: boolean;
  readonly damaged: Damages;
};

/** The largest record that is kept. Real records are much smaller (2,500 hosts in `exec_host` are 50 kB). */
const maxRecordBytes = 16 * 1024 * 1024;

/**
 * Reads the records of one section (`Jobs`, `nodes`, `Queue`) of `-F json` output from a stream of bytes. Holds one record
 * in memory at a time. PBS's JSON is often invalid, so it is read by its lines: both encoders print one member on each
 * line. A record is the text between two lines of record indentation, so that an error damages only its own record.
 * Keeps only the fields in `wanted`, and skips the environment of a job.
 *
 * Calls `take` for each whole record. If `take` returns a string, that is the error of the record, and the record counts
 * as damaged.
 */
export async function readRecords(
  chunks: AsyncIterable<Uint8Array>,
  section: string,
  wanted: ReadonlySet<string>,
  take: (record: PbsRecord) => string | undefined,
): Promise<PbsDocument> {
  const damaged = new Damages();
  const pending = new PendingBytes();
  let header: SectionHeader = { kind: 'unknown' };

  const takeRecord = (bytes: Buffer, start: number, layout: Layout) => {
    const byte = pending.offset + start;
    const record = parseRecord(withoutEnvironment(bytes, layout), byte + 1, layout);
    const problem = record.problem ?? take(record);
    if (problem !== undefined) damaged.add({ record: record.id, byte: record.byte, problem });
    // Text after a record may be another record whose opening line is broken.
    if (record.rest.length > 1 && !/^\s*,?\s*$/.test(record.rest.toString('latin1'))) {
      damaged.add({ record: null, byte: byte + bytes.length - record.rest.length, problem: 'is not a record' });
    }
  };

  for await (const chunk of chunks) {
    pending.add(chunk);
    if (header.kind === 'unknown') {
      header = findHeader(pending.view, section, wanted);
      if (header.kind === 'lines') pending.drop(header.start);
    }
    // No section in this much output: drop it, but keep the end, which may have the first part of a section's name.
    if (header.kind === 'unknown' && pending.length > maxHeaderBytes) pending.drop(pending.length - 1024);
    if (header.kind === 'compact' && pending.length > maxCompactBytes) break;
    if (header.kind !== 'lines') continue;

    const { layout } = header;
    const bytes = pending.view;
    let start = 0;
    for (let next = bytes.indexOf(layout.opens, 1); next > 0; next = bytes.indexOf(layout.opens, next + 1)) {
      takeRecord(bytes.subarray(start, next), start, layout);
      start = next;
    }
    pending.drop(start);
    if (pending.length > maxRecordBytes) {
      damaged.add({ record: null, byte: pending.offset, problem: `does not end within ${maxRecordBytes} bytes` });
      // Keep the last bytes, which may have the first part of the next record's opening line.
      pending.drop(pending.length - (layout.opens.length - 1));
    }
  }

  const bytes = pending.view;
  let isCut = false;
  if (header.kind === 'lines') {
    const { layout } = header;
    const end = bytes.indexOf(layout.closesSection);
    const after = end < 0 ? '' : bytes.toString('latin1', end + layout.closesSection.length);
    takeRecord(end < 0 ? bytes : bytes.subarray(0, end), 0, layout);
    const isEnd = /^\s*\}/.test(after);
    const isClosed = isEnd || after.startsWith(layout.nextSection);
    // Wrong bytes in the opening line of the last record can look like the end.
    if (isEnd && after.includes(layout.closes.toString('latin1'))) {
      damaged.add({ record: null, byte: pending.offset + end, problem: 'a record follows the end of the document' });
    }
    // A broken last record can hide the end of the section, but not the end of the document.
    isCut = !isClosed && !/\n\}\s*$/.test(bytes.toString('latin1', Math.max(0, bytes.length - 100)));
    if (!isClosed && !isCut) {
      damaged.add({
        record: null,
        byte: pending.offset + bytes.length,
        problem: `the section ${section} does not end`,
      });
    }
  } else if (header.kind === 'compact') {
    compactRecords(bytes, section, wanted, take, damaged);
  } else if (header.kind === 'unknown') {
    // The output of an idle system is only a header, but a complete one.
    isCut = bytes.length > 0 && !/\}\s*$/.test(bytes.toString('latin1'));
  }
  const isPbs = header.kind !== 'unknown' || /"pbs_version"|"timestamp"/.test(bytes.toString('latin1', 0, 4096));
  return { isPbs, isCut, damaged };
}

const newline = 0x0a;
const brace = '{'.charCodeAt(0);

/**
 * Removes the lines of a job's environment from a record: they are half of all bytes, and a line in them must not be read
 * as a field. Moves the bytes before them to the bytes after them, in place.
 */
function withoutEnvironment(record: Buffer, layout: Layout): Buffer {
  const opening = record.indexOf(layout.environment);
  const from = opening < 0 ? -1 : record.indexOf(newline, opening + 1);
  const to = from < 0 || record[from - 1] !== brace ? -1 : record.indexOf(layout.closesObject, from);
  if (to < 0) return record;
  record.copyWithin(to - from, 0, from);
  return record.subarray(to - from);
}

/** `rest` has the bytes after the record's closing line. */
type ParsedRecord = PbsRecord & { readonly problem?: string; readonly rest: Buffer };

const nothing = Buffer.alloc(0);

/** Parses one record: a line break, its opening line, its fields and its closing line. */
function parseRecord(bytes: Buffer, byte: number, layout: Layout): ParsedRecord {
  const firstEnd = bytes.indexOf(newline, 1);
  const first = bytes.toString('latin1', layout.opens.length, firstEnd < 0 ? bytes.length : firstEnd);
  const idEnd = first.indexOf('":');
  const fields = new Map<string, RawValue>();
  const record = { id: first.slice(0, Math.max(0, idEnd)), byte, fields, rest: nothing };
  if (idEnd < 0 || firstEnd < 0 || withoutComma(first.slice(idEnd + 2)) !== '{') {
    return { ...record, problem: 'is not an object' };
  }
  const end = bytes.indexOf(layout.closes, firstEnd);
  if (end < 0) return { ...record, problem: 'does not end' };
  const body = bytes.subarray(firstEnd, end);
  for (const [name, opens] of layout.fields) {
    // If a field occurs twice, the last one is used, as in JSON.
    const at = body.lastIndexOf(opens);
    if (at < 0) continue;
    const valueStart = at + opens.length;
    const lineEnd = body.indexOf(newline, valueStart);
    const valueEnd = lineEnd < 0 ? body.length : lineEnd;
    const value = withoutComma(body.toString('latin1', valueStart, valueEnd));
    if (value !== '{' && value !== '[') {
      fields.set(name, layout.escapesBackslashes ? value : value.replace(/\\(?!")/g, '\\\\'));
      continue;
    }
    const close = body.indexOf(value === '{' ? layout.closesObject : layout.closesArray, valueEnd);
    if (close < 0) return { ...record, problem: 'does not end' };
    fields.set(name, {
      kind: value === '{' ? 'object' : 'array',
      text: body.toString('latin1', Math.min(valueEnd + 1, close), close),
    });
  }
  return { ...record, rest: bytes.subarray(end + layout.closes.length) };
}

skipLastCompiler(parseRecord);
