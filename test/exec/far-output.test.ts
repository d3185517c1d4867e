import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { FarOutput } from '../../src/exec/far-output.ts';
import { streamOf } from '../support/executors.ts';

/** Some bytes in chunks of the given lengths. */
function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    chunks.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...chunks, bytes.subarray(at)];
}

async function outputOf(bytes: Buffer, hops: number, lengths: readonly number[]) {
  const output = new FarOutput('0123', hops);
  const chunks: Uint8Array[] = [];
  for await (const chunk of output.read(streamOf(cut(bytes, lengths)))) chunks.push(chunk);
  return { output, read: Buffer.concat(chunks), isAnyEmpty: chunks.some(({ length }) => length === 0) };
}

test('the output of the program is read byte for byte, for any chunks and any text around it', async () => {
  const text = fc.oneof(
    fc.uint8Array({ maxLength: 60 }),
    fc.constantFrom('hpc-collector:', 'hpc-collector:0123', 'h\n'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { minLength: 6, maxLength: 6 }),
      fc.array(fc.nat(20), { maxLength: 60 }),
      fc.boolean(),
      async (texts, lengths, isNested) => {
        const [before, between, program, after, end] = texts.map((each) => Buffer.from(each));
        const mark = (hop: number, word: string) => `hpc-collector:0123:${hop}:${word}\n`;
        const parts = isNested
          ? [
              before,
              mark(0, 'begin'),
              between,
              mark(1, 'begin'),
              program,
              mark(1, 'exit 3'),
              after,
              mark(0, 'exit 3'),
              end,
            ]
          : [before, mark(0, 'begin'), program, mark(0, 'exit 3'), after];
        const bytes = Buffer.concat(parts.map((part) => Buffer.from(part ?? '')));
        const { output, read, isAnyEmpty } = await outputOf(bytes, isNested ? 2 : 1, lengths);
        expect(read).toEqual(program ?? Buffer.alloc(0));
        expect([output.endOf(isNested ? 1 : 0), isAnyEmpty]).toEqual(['exit 3', false]);
      },
    ),
  );
});

test('truncated output is read to its end, and marked as incomplete', async () => {
  const { output, read } = await outputOf(Buffer.from('hpc-collector:0123:0:begin\nhalf a rec'), 1, [5, 30]);
  expect([read.toString(), output.hasBegun(0), output.endOf(0)]).toEqual(['half a rec', true, undefined]);
});
