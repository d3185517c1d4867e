import { Damages } from '../lib/records.ts';
import { compactRecords, maxCompactBytes } from './compact.ts';
import { PendingBytes } from './pending-bytes.ts';
import { type PbsRecord, type RawValue, withoutComma } from './values.ts';

/** What was found of the document around the records. */
export type PbsDocument = {
  /** False where the output is no PBS JSON at all: empty, or an error message. */
  readonly isPbs: boolean;
  /** True if the output ends before the document does: records are missing, however many were read. */
  readonly isCut: boolean;
  readonly damaged: Damages;
};

/**
 * How the document is indented: what tells a record from a field, whatever is broken inside. All of it begins with the
 * line break before it, and is looked for in bytes: only what is found and wanted becomes text.
 */
type Layout = {
  /** What a record begins with, up to its id. */
  readonly opens: Buffer;
  readonly closes: Buffer;
  readonly closesSection: Buffer;
  /** What stands behind a section that is not the last member of the document. */
  readonly nextSection: string;
  readonly closesObject: Buffer;
  readonly closesArray: Buffer;
  /** The wanted fields by name, each with what it begins with, up to its value. */
  readonly fields: readonly (readonly [name: string, opens: Buffer])[];
  readonly environment: Buffer;
  /** False for the old encoder's jobs and queues: qstat then escapes quotes and line breaks, but no backslash. */
  readonly escapesBackslashes: boolean;
};

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
  const pending = new PendingBytes();
  let header: Header = { kind: 'unknown' };

  const takeRecord = (bytes: Buffer, start: number, layout: Layout) => {
    const byte = pending.offset + start;
    const record = parseRecord(withoutEnvironment(bytes, layout), byte + 1, layout);
    const problem = record.problem ?? take(record);
    if (problem !== undefined) damaged.add({ record: record.id, byte: record.byte, problem });
    // What stands behind a record may be one whose opening line is broken.
    if (record.rest.length > 1 && !/^\s*,?\s*$/.test(record.rest.toString('latin1'))) {
      damaged.add({ record: null, byte: byte + bytes.length - record.rest.length, problem: 'is no record' });
    }
  };

  for await (const chunk of chunks) {
    pending.add(chunk);
    if (header.kind === 'unknown') {
      header = findHeader(pending.view, section, wanted);
      if (header.kind === 'lines') pending.drop(header.start);
    }
    // Nothing of PBS in so much output: keep the end, where a section's name may be cut in two.
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
      damaged.add({ record: null, byte: pending.offset, problem: `no end within ${maxRecordBytes} bytes` });
      // The next record's opening line may be cut in two here.
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
    const isClosed = /^\s*\}/.test(after) || after.startsWith(layout.nextSection);
    // The end of a broken last record can hide the section's end, but not that of the document.
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
    // An idle system's output is a header alone, but a whole one.
    isCut = bytes.length > 0 && !/\}\s*$/.test(bytes.toString('latin1'));
  }
  const isPbs = header.kind !== 'unknown' || /"pbs_version"|"timestamp"/.test(bytes.toString('latin1', 0, 4096));
  return { isPbs, isCut, damaged };
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
function findHeader(pending: Buffer, section: string, wanted: ReadonlySet<string>): Header {
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
  return { kind: 'lines', start, layout: layoutOf(indent, section, wanted) };
}

function layoutOf(indent: string, section: string, wanted: ReadonlySet<string>): Layout {
  const record = indent.repeat(2);
  const field = indent.repeat(3);
  const line = (text: string) => Buffer.from(`\n${text}`, 'latin1');
  return {
    opens: line(`${record}"`),
    closes: line(`${record}}`),
    closesSection: line(`${indent}}`),
    nextSection: `,\n${indent}"`,
    closesObject: line(`${field}}`),
    closesArray: line(`${field}]`),
    fields: [...wanted].map((name) => [name, line(`${field}"${name}":`)] as const),
    environment: line(`${field}"Variable_List":`),
    // The old encoder indents by blanks, the new one by tabs; pbsnodes escapes in both.
    escapesBackslashes: indent.startsWith('\t') || section === 'nodes',
  };
}

const newline = 0x0a;
const brace = '{'.charCodeAt(0);

/**
 * Takes the lines of a job's environment out of a record: they are half of all bytes, and nothing in them may be taken
 * for a field. What stands before them is moved up to what stands behind them.
 */
function withoutEnvironment(record: Buffer, layout: Layout): Buffer {
  const opening = record.indexOf(layout.environment);
  const from = opening < 0 ? -1 : record.indexOf(newline, opening + 1);
  const to = from < 0 || record[from - 1] !== brace ? -1 : record.indexOf(layout.closesObject, from);
  if (to < 0) return record;
  record.copyWithin(to - from, 0, from);
  return record.subarray(to - from);
}

/** `rest` is what stands behind the record's closing line. */
type ParsedRecord = PbsRecord & { readonly problem?: string; readonly rest: Buffer };

const nothing = Buffer.alloc(0);

/** Takes one record apart: its bytes are a line break, its opening line, its fields, and its closing line. */
function parseRecord(bytes: Buffer, byte: number, layout: Layout): ParsedRecord {
  const firstEnd = bytes.indexOf(newline, 1);
  const first = bytes.toString('latin1', layout.opens.length, firstEnd < 0 ? bytes.length : firstEnd);
  const idEnd = first.indexOf('":');
  const fields = new Map<string, RawValue>();
  const record = { id: first.slice(0, Math.max(0, idEnd)), byte, fields, rest: nothing };
  if (idEnd < 0 || firstEnd < 0 || withoutComma(first.slice(idEnd + 2)) !== '{') {
    return { ...record, problem: 'is no object' };
  }
  const end = bytes.indexOf(layout.closes, firstEnd);
  if (end < 0) return { ...record, problem: 'does not end' };
  const body = bytes.subarray(firstEnd, end);
  for (const [name, opens] of layout.fields) {
    // Of a field that is there twice the last one counts, as in JSON.
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
