/**
 * A text without its escapes. Each character is one byte of UTF-8. `starts` and `ends` have the begin and end of each
 * character in the original text.
 */
export type Unescaped = { readonly text: string; readonly starts: readonly number[]; readonly ends: readonly number[] };

/** One escape of a URL, JSON or HTML; it can be escaped again (`%2540`, `&amp;lt;`). */
const escapes =
  /%(?:25)*([0-9a-f]{2})|\\+u([0-9a-f]{4})(?:\\+u(d[c-f][0-9a-f]{2}))?|&(?:amp;)*(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(amp|lt|gt|quot|apos));?|\\+[nrtbf]?|\+/gi;

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The greatest depth of nested escapes: JSON in a URL in HTML. */
const deepest = 3;

/**
 * Returns a text unchanged, and then with its escapes decoded once, twice and so on until none is left. In all forms but
 * the first, backslashes are removed, and a plus or a line break is a blank.
 */
export function unescapedForms(text: string): Unescaped[] {
  const forms = [asBytes(text)];
  for (let last = forms[0]; last !== undefined && forms.length <= deepest && /[%\\&+]/.test(last.text); ) {
    const next = unescapedOnce(last);
    if (next.text === last.text) break;
    forms.push(next);
    last = next;
  }
  return forms;
}

function asBytes(text: string): Unescaped {
  const built = new Building();
  let at = 0;
  for (const [character] of text.matchAll(/[\0-\x7f]+|[^\0-\x7f]/gu)) {
    if (character.charCodeAt(0) < 0x80)
      built.copy(
        character,
        (index) => at + index,
        (index) => at + index + 1,
      );
    else built.add(Buffer.from(character), at, at + character.length);
    at += character.length;
  }
  return built;
}

function unescapedOnce({ text, starts, ends }: Unescaped): Unescaped {
  const built = new Building();
  let at = 0;
  const copyTo = (end: number) => {
    const from = at;
    built.copy(
      text.slice(from, end),
      (index) => starts[from + index] ?? 0,
      (index) => ends[from + index] ?? 0,
    );
  };
  for (const match of text.matchAll(escapes)) {
    copyTo(match.index);
    at = match.index + match[0].length;
    built.add(bytesOf(match), starts[match.index] ?? 0, ends[at - 1] ?? 0);
  }
  copyTo(text.length);
  return built;
}

function bytesOf([written, percent, unit, second, decimal, hex, name]: RegExpMatchArray): Buffer {
  if (percent !== undefined) return Buffer.from(percent, 'hex');
  if (unit !== undefined) {
    const units = [unit, second].flatMap((digits) => (digits === undefined ? [] : [Number.parseInt(digits, 16)]));
    return Buffer.from(String.fromCharCode(...units));
  }
  if (name !== undefined) return Buffer.from(entities[name.toLowerCase()] ?? '');
  const code = decimal !== undefined ? Number(decimal) : hex !== undefined ? Number.parseInt(hex, 16) : null;
  if (code !== null) return Buffer.from(code <= 0x10ffff ? String.fromCodePoint(code) : '');
  return Buffer.from(/[+nrtbf]$/.test(written) ? ' ' : '');
}

class Building implements Unescaped {
  text = '';
  readonly starts: number[] = [];
  readonly ends: number[] = [];

  /** Adds the decoded bytes of one escape. */
  add(bytes: Buffer, start: number, end: number): void {
    this.copy(
      bytes.toString('latin1'),
      () => start,
      () => end,
    );
  }

  /** Adds characters, each with its own position. */
  copy(text: string, startOf: (index: number) => number, endOf: (index: number) => number): void {
    this.text += text;
    for (let index = 0; index < text.length; index++) {
      this.starts.push(startOf(index));
      this.ends.push(endOf(index));
    }
  }
}
