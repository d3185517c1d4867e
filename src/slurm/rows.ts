import { cutIntoLines, strict } from '../lib/lines.ts';
import { Damages } from '../lib/records.ts';

/**
 * The field separator for all output of Slurm: a control character that names do not contain. Slurm's examples use `|`,
 * but the name of an account can contain it.
 */
export const separator = '\u001f';

/** The longest accepted line: a list of the four million tasks of the largest array has about this length. */
const maxLineBytes = 16 * 1024 ** 2;

/**
 * Returns the value of `-O` (sinfo(1) and squeue(1), "--Format") for some fields. The separator follows each field.
 * Fields have no size, so that Slurm does not truncate them.
 */
export function formatOf(fields: readonly string[]): string {
  return fields.map((field) => `${field}:${separator}`).join(',');
}

/** One line of output: the text of each field. */
export type Row<Field extends string> = (field: Field) => string;

/**
 * Reads output in the format of `formatOf` from a stream, with one line in memory at a time. Calls `take` for each line
 * and returns the number of good lines. A line is damaged if `take` returns an error, or if it has the wrong number of
 * fields. `isCut` is true if the last line has no end; an unknown number of lines is missing then.
 */
export async function readRows<Field extends string>(
  chunks: AsyncIterable<Uint8Array>,
  fields: readonly Field[],
  take: (row: Row<Field>) => string | undefined,
): Promise<{ readonly taken: number; readonly damaged: Damages; readonly isCut: boolean }> {
  const damaged = new Damages();
  let taken = 0;
  let isCut = false;
  for await (const { lines, isCutOff } of cutIntoLines(chunks, maxLineBytes, strict)) {
    isCut = isCutOff;
    for (const { text, byte } of lines) {
      const values = text?.split(separator) ?? [];
      const isWhole = values.length === fields.length + 1 && values.at(-1)?.trim() === '';
      const problem = isWhole ? take(rowOf(fields, values)) : problemOf(text, values.length - 1, fields.length);
      if (problem === undefined) taken += 1;
      else damaged.add({ record: values[0]?.slice(0, 100) || null, byte, problem });
    }
  }
  return { taken, damaged, isCut };
}

function rowOf<Field extends string>(fields: readonly Field[], values: readonly string[]): Row<Field> {
  return (field) => values[fields.indexOf(field)]?.trim() ?? '';
}

function problemOf(text: string | null, found: number, expected: number): string {
  return text === null ? 'is not UTF-8, or has no line end' : `has ${Math.max(0, found)} fields instead of ${expected}`;
}

/** Returns the text of a field; null if Slurm has no value for it. */
export function given(text: string): string | null {
  return ['', '(null)', 'N/A', 'n/a'].includes(text) ? null : text;
}
