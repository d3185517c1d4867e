import { terminalColumns } from '../lib/terminal.ts';

/** Columns between two cells of a table, and before a line that continues a row. */
const gap = 2;
const indent = 4;
/** Width that a column of text keeps beside a wide one, if there is room: enough for `2025-11-25 14:30:00`. */
const usualText = 20;
const leastText = 5;

/**
 * Formats rows in columns; `right` lists the columns to align right, `details` the lines to show below each row. If `width`
 * (in columns, null: unlimited) is too small, the first columns keep their width, and a cell that is too long for its column
 * ends its line: the next cells follow below, each in its column. Cuts details, and cells that are longer than a line.
 */
export function tableLines(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[],
  details: readonly (readonly string[])[] = [],
  width = terminalColumns(),
): string[] {
  const natural = header.map((title, column) =>
    rows.reduce((widest, row) => Math.max(widest, Bun.stringWidth(row[column] ?? '')), Bun.stringWidth(title)),
  );
  const widths = width === null ? natural : fittedWidths(natural, right, width);
  return [
    ...rowLines(header, widths, right, width),
    ...rows.flatMap((row, index) => [
      ...rowLines(row, widths, right, width),
      ...(details[index] ?? []).map((text) => shortened(`${' '.repeat(indent)}${text}`, width)),
    ]),
  ];
}

function fittedWidths(natural: readonly number[], right: readonly number[], width: number): number[] {
  const widthsWith = (text: number) =>
    natural.map((one, column) => (right.includes(column) ? one : Math.min(one, text)));
  let text = usualText;
  while (text > leastText && total(widthsWith(text)) > width) text -= 1;
  const widths = widthsWith(text);
  let free = width - total(widths);
  return widths.map((least, column) => {
    const more = Math.max(0, Math.min((natural[column] ?? 0) - least, free));
    free -= more;
    return least + more;
  });
}

function total(widths: readonly number[]): number {
  return widths.reduce((sum, one) => sum + one + gap, -gap);
}

function rowLines(
  row: readonly string[],
  widths: readonly number[],
  right: readonly number[],
  width: number | null,
): string[] {
  const lines: string[] = [];
  let line = '';
  let start = 0;
  for (const [column, cell] of row.entries()) {
    const columnWidth = widths[column] ?? 0;
    const text = shortened(cell, width === null ? null : width - indent);
    const length = Bun.stringWidth(text);
    const wanted = right.includes(column) ? start + columnWidth - length : start;
    const position = width === null ? wanted : Math.min(wanted, width - length);
    if (column > 0 && position < Bun.stringWidth(line) + gap) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += `${' '.repeat(Math.max(0, position - Bun.stringWidth(line)))}${text}`;
    start += columnWidth + gap;
  }
  return [...lines, line.trimEnd()];
}

/** Cuts a text to a number of columns (null: unlimited); a cut text ends with an ellipsis. */
export function shortened(text: string, width = terminalColumns()): string {
  if (width === null) return text;
  const cut = Bun.sliceAnsi(text, 0, width, '…');
  // Bun keeps a character of two columns that is half beyond the end.
  return Bun.stringWidth(cut) <= width ? cut : Bun.sliceAnsi(text, 0, width - 1, '…');
}

/**
 * Breaks a text that begins at column `start` between words, into lines that fit `width` columns (null: one line). Every
 * line but the first begins with `start` blanks. A word that is too long has a line of its own.
 */
export function wrapped(text: string, start: number, width = terminalColumns()): string {
  if (width === null) return text;
  return Bun.wrapAnsi(text, Math.max(1, width - start)).replaceAll('\n', `\n${' '.repeat(start)}`);
}

/** Returns a line `Label:  text` whose text begins at column `start`, broken to fit the terminal. */
export function labelled(label: string, text: string, start: number): string {
  return `${`${label}:`.padEnd(start)}${wrapped(text, start)}`;
}
