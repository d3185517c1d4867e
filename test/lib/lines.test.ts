import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { cutIntoLines, lenient, linesOf } from '../../src/lib/lines.ts';

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function read(chunks: readonly Uint8Array[], maxBytes = 1000) {
  return Array.fromAsync(linesOf(chunksOf(chunks), maxBytes));
}

test('lines are the same for any chunks', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 40 }).map((line) => line.replace(/[\r\n]/g, ''));
  await fc.assert(
    fc.asyncProperty(fc.array(text), fc.array(fc.nat(400)), async (texts, cuts) => {
      const bytes = Buffer.from(texts.map((line) => `${line}\n`).join(''));
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
      const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
      expect((await read(chunks)).map((line) => line.text)).toEqual(texts);
    }),
  );
});

test('a last line without its end counts, a carriage return does not', async () => {
  expect(await read([Buffer.from('a\r\n\nb')])).toEqual([
    { number: 1, byte: 0, text: 'a' },
    { number: 2, byte: 3, text: '' },
    { number: 3, byte: 4, text: 'b' },
  ]);
});

test('a line that is too long or not UTF-8 has no text, and later lines have theirs', async () => {
  const chunks = ['x'.repeat(600), 'x'.repeat(600), '\nb\n', Buffer.from([0xff, 10]), 'c'].map((part) =>
    Buffer.from(part),
  );
  expect((await read(chunks)).map((line) => line.text)).toEqual([null, 'b', null, 'c']);
});

test('each chunk gives the lines that end in it, and a last line without its end is marked', async () => {
  const chunks = ['a\nb\nc', 'd', '\ne'].map((part) => Buffer.from(part));
  expect(await Array.fromAsync(cutIntoLines(chunksOf(chunks), 1000, lenient))).toEqual([
    {
      lines: [
        { byte: 0, text: 'a' },
        { byte: 2, text: 'b' },
      ],
      isCutOff: false,
    },
    { lines: [{ byte: 4, text: 'cd' }], isCutOff: false },
    { lines: [{ byte: 7, text: 'e' }], isCutOff: true },
  ]);
});

test('a line has as many bytes as it may have and no more, within a chunk and across chunks', async () => {
  for (const cut of [0, 3, 5]) {
    const bytes = Buffer.from('12345\n123456\n12345');
    const chunks = [bytes.subarray(0, cut), bytes.subarray(cut, 6 + cut), bytes.subarray(6 + cut)];
    expect((await read(chunks, 5)).map((line) => [line.byte, line.text])).toEqual([
      [0, '12345'],
      [6, null],
      [13, '12345'],
    ]);
  }
});
