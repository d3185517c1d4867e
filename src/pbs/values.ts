/**
 * Values as the two JSON encoders of PBS print them. Text is kept as printed, because the new encoder prints an account
 * `0012` as a number and the old one prints `NaN` without quotes. The reader of a field decides its type.
 * A raw value has the bytes after the colon, decoded as Latin-1, so that no byte is lost before it is decoded as UTF-8.
 */

import { skipLastCompiler } from '../lib/compile-less.ts';

/** One field: the text after its colon, or the lines of an object or array that is printed over several lines. */
export type RawValue = string | { readonly kind: 'object' | 'array'; readonly text: string };

/** One job, node or queue of PBS's JSON: its id and the wanted fields. */
export type PbsRecord = {
  readonly id: string;
  /** Offset of the record in the output, in bytes. */
  readonly byte: number;
  readonly fields: ReadonlyMap<string, RawValue>;
};

/** Bytes from 0x80 as the old encoder prints them: `^` and the byte plus 64. A character has at least two. */
const mangledBytes = /(?:\^[\u0000-\u003f\u00c0-\u00ff]){2,}/g;

/**
 * Returns the text of a scalar: quoted text decoded, and other values (number, boolean, `NaN`) as printed. Returns null for
 * JSON's null, for an object or array, and for a string that does not end.
 */
export function textOf(raw: RawValue | undefined): string | null {
  if (typeof raw !== 'string' || raw === 'null' || raw === '' || raw.startsWith('{')) return null;
  if (!raw.startsWith('"')) return raw;
  if (raw.length < 2 || !raw.endsWith('"')) return null;
  const inner = raw.slice(1, -1);
  return /[\\^\u0080-\u00ff]/.test(inner) ? unescaped(utf8Of(unmangle(inner))) : inner;
}

/** Returns a whole number from 0 to the API's maximum of 2^31-1; 0 if the field is absent, null for other values. */
export function countOf(raw: RawValue | undefined): number | null {
  if (raw === undefined) return 0;
  const text = textOf(raw)?.trim();
  if (text === undefined || !/^\d{1,12}$/.test(text)) return null;
  const count = Number(text);
  return count <= 0x7fffffff ? count : null;
}

/** Returns the texts of an array, printed on one line or over several lines; empty for other values. */
export function listOf(raw: RawValue | undefined): string[] {
  if (raw === undefined) return [];
  const items =
    typeof raw === 'string' ? itemsOf(raw) : raw.kind === 'array' ? linesOf(raw.text).map(withoutComma) : [];
  return items.map(textOf).filter((item) => item !== null);
}

function itemsOf(raw: string): string[] {
  if (!raw.startsWith('[') || !raw.endsWith(']')) return [];
  // Job and node ids contain neither commas nor quotes.
  return raw
    .slice(1, -1)
    .split(',')
    .map((item) => item.trim());
}

/** True if a field is missing or null. */
export function isAbsent(raw: RawValue | undefined): boolean {
  return raw === undefined || raw === 'null';
}

/** True for an object, empty or not. */
export function isObject(raw: RawValue | undefined): boolean {
  return raw === '{}' || (typeof raw === 'object' && raw.kind === 'object');
}

/** Returns the members of an object as raw values; null if the value is not an object. */
export function membersOf(raw: RawValue | undefined): Map<string, string> | null {
  if (raw === '{}') return new Map();
  if (raw === undefined || typeof raw === 'string' || raw.kind !== 'object') return null;
  const members = new Map<string, string>();
  for (const line of linesOf(raw.text)) {
    const member = memberOf(line.trim());
    if (member) members.set(member.name, member.value);
  }
  return members;
}

/**
 * Returns one member of an object as a raw value; undefined if there is no member of that name, or if the value is not an
 * object. Cheaper than `membersOf` for a few members. Like there, the last of several members of one name is used.
 */
export function memberNamed(raw: RawValue | undefined, name: string): string | undefined {
  if (typeof raw !== 'object' || raw.kind !== 'object') return undefined;
  const { text } = raw;
  const opens = `"${name}":`;
  for (let at = text.lastIndexOf(opens); at >= 0; at = at === 0 ? -1 : text.lastIndexOf(opens, at - 1)) {
    // Skip a match within the value of another member.
    const lineStart = text.lastIndexOf('\n', at) + 1;
    if (text.slice(lineStart, at).trim() !== '') continue;
    const lineEnd = text.indexOf('\n', at);
    return withoutComma(text.slice(at + opens.length, lineEnd < 0 ? text.length : lineEnd));
  }
  return undefined;
}

skipLastCompiler(memberNamed);

/** Returns one member like `memberNamed`, but ignores the case of the printed name. `name` must be in lower case. */
export function memberInLowerCase(raw: RawValue | undefined, name: string): string | undefined {
  const found = memberNamed(raw, name);
  if (found !== undefined || typeof raw !== 'object') return found;
  // Cheaper than reading all members: most objects have no such name.
  if (!raw.text.toLowerCase().includes(`"${name}":`)) return undefined;
  const printed = [...(membersOf(raw)?.keys() ?? [])].findLast((other) => other.toLowerCase() === name);
  return printed === undefined ? undefined : memberNamed(raw, printed);
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Splits `"name": value,` without indentation. Returns null if the line is not a member. PBS never escapes names. */
export function memberOf(line: string): { name: string; value: string } | null {
  if (!line.startsWith('"')) return null;
  const colon = line.indexOf('":', 1);
  if (colon < 0) return null;
  return { name: line.slice(1, colon), value: withoutComma(line.slice(colon + 2)) };
}

/** Returns a value without the spaces around it and the comma after it. */
export function withoutComma(text: string): string {
  const trimmed = text.trim();
  return trimmed.endsWith(',') ? trimmed.slice(0, -1) : trimmed;
}

skipLastCompiler(withoutComma);

function unmangle(latin1: string): string {
  return latin1.replace(mangledBytes, (match) => {
    const bytes = Buffer.alloc(match.length / 2);
    for (let i = 0; i < bytes.length; i++) bytes[i] = (match.charCodeAt(2 * i + 1) - 64) & 0xff;
    // A user may really write `^1^2`. Convert only if the bytes are valid UTF-8.
    const text = bytes.toString('utf8');
    return text.includes('\ufffd') ? match : bytes.toString('latin1');
  });
}

/** Decodes bytes that were read as Latin-1 as UTF-8. Returns a copy of the text. */
export function utf8Of(latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8');
}

const escapes: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Decodes JSON's escapes. Keeps every other backslash, because the old encoder does not escape backslashes. */
function unescaped(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))/g, (_, code: string | undefined, letter: string) =>
    code === undefined ? (escapes[letter] ?? letter) : String.fromCharCode(Number.parseInt(code, 16)),
  );
}
