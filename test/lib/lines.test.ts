import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { type Line, linesOf } from '../../src/lib/lines.ts';

async function* chunksOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

async function read(chunks: readonly Uint8Array[], maxBytes = 1000): Promise<Line[]> {
  return Array.fromAsync(linesOf(chunksOf(chunks), maxBytes));
}

test('lines are the same however they are cut into chunks', async () => {
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

test('a line that is too long or no UTF-8 has no text, and those behind it do', async () => {
  const chunks = ['x'.repeat(600), 'x'.repeat(600), '\nb\n', Buffer.from([0xff, 10]), 'c'].map((part) =>
    Buffer.from(part),
  );
  expect((await read(chunks)).map((line) => line.text)).toEqual([null, 'b', null, 'c']);
});
