/**
 * The indentation of the document, which distinguishes records from fields even if their content is broken. Each pattern
 * begins with the preceding line break. Patterns are searched in bytes, so that only wanted fields are decoded to text.
 */
export type Layout = {
  /** The beginning of a record, up to its id. */
  readonly opens: Buffer;
  readonly closes: Buffer;
  readonly closesSection: Buffer;
  /** The text after a section that is not the last member of the document. */
  readonly nextSection: string;
  readonly closesObject: Buffer;
  readonly closesArray: Buffer;
  /** The names of the wanted fields, each with its beginning, up to its value. */
  readonly fields: readonly (readonly [name: string, opens: Buffer])[];
  readonly environment: Buffer;
  /** False for the old encoder's jobs and queues: qstat escapes quotes and line breaks there, but not backslashes. */
  readonly escapesBackslashes: boolean;
};

/** The most bytes before the section's name: a banner and the header. */
export const maxHeaderBytes = 1024 * 1024;

/** The result of the search for a section: not found yet, without records, on one line, or one member on each line. */
export type SectionHeader =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'compact' }
  | { readonly kind: 'lines'; readonly start: number; readonly layout: Layout };

/**
 * Finds the section and the indentation of its records. Skips everything that is printed before it. Reads the indentation
 * from the line of the section, because the first record may be broken.
 */
export function findHeader(pending: Buffer, section: string, wanted: ReadonlySet<string>): SectionHeader {
  const text = pending.toString('latin1', 0, maxHeaderBytes);
  const opening = new RegExp(`(^|\\n|[{,])([ \\t]*)"${section}"[ \\t]*:[ \\t]*(?:\\{(\\s*)(\\S)|null)`).exec(text);
  if (!opening) return { kind: 'unknown' };
  const [whole, before, indent = '', gap = '', next] = opening;
  if (next === undefined) return { kind: 'empty' };
  const hasOwnLine = before === '\n' && indent !== '';
  if (next === '}') {
    const after = text.slice(opening.index + whole.length);
    if (!hasOwnLine || after.startsWith(`,\n${indent}"`)) return { kind: 'empty' };
    // If a record follows, the brace is damage. Until one does, the section can be empty.
    if (!after.includes(`\n${indent.repeat(2)}"`)) return { kind: 'unknown' };
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
    // The old encoder indents with spaces, the new one with tabs. pbsnodes escapes backslashes in both.
    escapesBackslashes: indent.startsWith('\t') || section === 'nodes',
  };
}
