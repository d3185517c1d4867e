import { messageOf } from '../lib/errors.ts';
import type { Damages } from '../lib/records.ts';
import type { PbsRecord, RawValue } from './values.ts';

/** The largest JSON without line breaks that is read, in bytes: it must be held in memory. */
export const maxCompactBytes = 64 * 1024 * 1024;

/**
 * Reads the records of JSON that is all on one line. PBS never prints that, but a recording that another program
 * rewrote can have it. Without lines there is no end of a record to search for, so one error makes the whole text unreadable.
 */
export function compactRecords(
  bytes: Buffer,
  section: string,
  wanted: ReadonlySet<string>,
  take: (record: PbsRecord) => string | undefined,
  damaged: Damages,
): void {
  const records = parseSection(bytes, section, damaged);
  for (const [id, value] of Object.entries(records)) {
    const fields = new Map<string, RawValue>();
    const isObject = typeof value === 'object' && value !== null;
    if (isObject) {
      for (const [name, field] of Object.entries(value)) if (wanted.has(name)) fields.set(name, rawOf(field));
    }
    const problem = isObject ? take({ id, byte: 0, fields }) : 'is not an object';
    if (problem !== undefined) damaged.add({ record: id, byte: 0, problem });
  }
}

function parseSection(bytes: Buffer, section: string, damaged: Damages): object {
  try {
    const document: unknown = JSON.parse(bytes.subarray(Math.max(0, bytes.indexOf('{'))).toString('utf8'));
    const records = typeof document === 'object' && document !== null ? Reflect.get(document, section) : null;
    return typeof records === 'object' && records !== null ? records : {};
  } catch (error) {
    damaged.add({ record: null, byte: 0, problem: messageOf(error) });
    return {};
  }
}

/** Converts a value to the form it would have on lines of its own, in the Latin-1 reading of its UTF-8. */
function rawOf(value: unknown): RawValue {
  const latin1 = (part: unknown) => Buffer.from(JSON.stringify(part), 'utf8').toString('latin1');
  if (Array.isArray(value)) return { kind: 'array', text: value.map(latin1).join('\n') };
  if (typeof value !== 'object' || value === null) return latin1(value);
  const members = Object.entries(value).map(([name, part]) => `"${name}":${latin1(part)}`);
  return { kind: 'object', text: members.join('\n') };
}
