import { cutIntoLines, strict } from '../lib/lines.ts';
import { Damages } from '../lib/records.ts';
import { separator } from './separator.ts';

/** Nothing is longer but a damaged line: the tasks of an array of four million have about this much. */
const maxLineBytes = 16 * 1024 ** 2;

/**
 * Fields by their names for `-O` (sinfo(1) and squeue(1), "--Format"), each with the separator behind it. Without a size they
 * are printed whole.
 */
export function formatOf(fields: readonly string[]): string {
  return fields.map((field) => `${field}:${separator}`).join(',');
}

/** One line of output: the text of each field. */
export type Row<Field extends string> = (field: Field) => string;

/**
 * Reads output in a format of ours from a stream, in memory for one line. Calls `take` for each; a string that it returns
 * says what is wrong with the line and counts it as damaged, and so does any other number of fields. Gives how many were
 * taken, and whether the last line has no end: how many lines are missing is not known then.
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
  return text === null ? 'is no UTF-8, or has no end' : `has ${Math.max(0, found)} fields instead of ${expected}`;
}

/** The text of a field; null where Slurm has nothing to put there. */
export function given(text: string): string | null {
  return ['', '(null)', 'N/A', 'n/a'].includes(text) ? null : text;
}
