/** A record that is broken costs itself and no other, whatever is broken and however the bytes arrive. */

import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { bytesOf, type Capture, captureOf, chunked } from '../support/captures.ts';
import { type Given, jobsIn, nodesIn } from '../support/pbs.ts';

type Given1 = Given<{ readonly id: string } | { readonly name: string }>;

const sources: readonly (readonly [string, Capture, (chunks: Uint8Array[]) => Promise<Given1>])[] = [
  ['jobs of the new encoder', captureOf('nasty', 'qstat-f.json'), jobsIn],
  ['jobs of the old encoder', captureOf('nasty-old-encoder', 'qstat-f.json'), jobsIn],
  ['nodes of the new encoder', captureOf('casper', 'pbsnodes-aj.json'), nodesIn],
  ['nodes of the old encoder', captureOf('casper-old-encoder', 'pbsnodes-aj.json'), nodesIn],
];

/** Bytes that mean something to JSON, to its layout or to text encodings. */
const hostile = fc.oneof(
  fc.constantFrom(...'"\\{}[],:\n\t 0-^\u0000\u001b\u00c3\u00a9\u00ff'),
  fc.nat(255).map((code) => String.fromCharCode(code)),
);
const hostileText = fc.array(hostile, { minLength: 1, maxLength: 12 }).map((characters) => characters.join(''));

/** Changes to one record: where (in thousandths of its length), how much of it goes, and what comes in its place. */
const mutation = fc.oneof(
  fc.record({ where: fc.nat(1000), removed: fc.constant(1), inserted: hostile }),
  fc.record({ where: fc.nat(1000), removed: fc.integer({ min: 1, max: 200 }), inserted: fc.constant('') }),
  fc.record({ where: fc.nat(1000), removed: fc.constant(0), inserted: hostileText }),
);
const chunkSizes = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 });

function mutated(
  text: string,
  { where, removed, inserted }: { where: number; removed: number; inserted: string },
): string {
  const at = Math.floor((where / 1000) * (text.length - 1));
  return text.slice(0, at) + inserted + text.slice(at + removed);
}

const damageOf = ({ probed }: Given1) => (probed.kind === 'failed' ? probed.reason : probed.damaged);
const countOfDamage = ({ probed }: Given1) => (probed.kind === 'failed' ? 1 : probed.damaged.count);

describe.each(sources)('%s', (_, capture, read) => {
  /** Some records of the capture that stand behind one another. */
  const slice = fc.tuple(fc.nat(capture.records.length - 4), fc.integer({ min: 2, max: 4 })).map(([start, length]) => ({
    records: capture.records.slice(start, start + length).map(({ text }) => text),
    [fc.toStringMethod]: () => `records ${start} to ${start + length - 1}`,
  }));

  test('all are read, and none is damaged', async () => {
    const all = await read([
      bytesOf(
        capture,
        capture.records.map(({ text }) => text),
      ),
    ]);
    expect(all.given).toHaveLength(capture.records.length);
    expect(countOfDamage(all)).toBe(0);
  });

  test('all are read if other text follows the document', async () => {
    const whole = bytesOf(
      capture,
      capture.records.map(({ text }) => text),
    );
    const all = await read([whole, Buffer.from('The session is closed.\n')]);
    expect(all.given).toHaveLength(capture.records.length);
    expect(countOfDamage(all)).toBe(0);
  });

  test('a change inside one record affects no other, and is counted if the record is lost', async () => {
    await fc.assert(
      fc.asyncProperty(slice, fc.nat(3), mutation, chunkSizes, async ({ records }, index, change, sizes) => {
        const broken = index % records.length;
        const others = records.filter((_, other) => other !== broken);
        const expected = (await read([bytesOf(capture, others)])).given;
        const texts = records.map((text, other) => (other === broken ? mutated(text, change) : text));
        const result = await read(chunked(bytesOf(capture, texts), sizes));
        expect(result.given).toEqual(expect.arrayContaining([...expected]));
        if (result.given.length < records.length) expect(countOfDamage(result)).toBeGreaterThan(0);
      }),
      { numRuns: 400 },
    );
  });

  test('a brace before the first record does not end the list', async () => {
    const records = capture.records.slice(0, 3).map(({ text }) => text);
    const expected = (await read([bytesOf(capture, records.slice(1))])).given;
    const result = await read(chunked(bytesOf(capture, [`}}"${records[0]}`, ...records.slice(1)]), [1]));
    expect(result.given).toEqual(expect.arrayContaining([...expected]));
  });

  test('a last record that opens with the end of the document is counted', async () => {
    const [first = '', last = ''] = capture.records.map(({ text }) => text);
    const [opening = ''] = /^\s*/.exec(last) ?? [];
    // Half of the indentation of a record is that of its section.
    const at = opening.length - opening.replaceAll('\n', '').length / 2;
    const result = await read([bytesOf(capture, [first, `${last.slice(0, at)}}}\0${last.slice(at)}`])]);
    expect(countOfDamage(result)).toBeGreaterThan(0);
  });

  test('a truncation keeps all earlier records, and is counted', async () => {
    await fc.assert(
      fc.asyncProperty(slice, fc.nat(1000), chunkSizes, async ({ records }, where, sizes) => {
        const bytes = bytesOf(capture, records);
        const cut = bytes.subarray(0, Math.floor((where / 1000) * (bytes.length - 4)));
        const whole = records.filter((_, index) => {
          const end = capture.head.length + records.slice(0, index + 1).join('').length;
          return end <= cut.length;
        });
        const expected = (await read([bytesOf(capture, whole)])).given;
        const result = await read(chunked(cut, sizes));
        expect(result.given.slice(0, whole.length)).toEqual([...expected]);
        expect(countOfDamage(result)).toBeGreaterThan(0);
      }),
      { numRuns: 200 },
    );
  });

  test('the chunks of the input make no difference', async () => {
    await fc.assert(
      fc.asyncProperty(slice, mutation, chunkSizes, async ({ records }, change, sizes) => {
        const bytes = bytesOf(
          capture,
          records.map((text, index) => (index === 1 ? mutated(text, change) : text)),
        );
        const whole = await read([bytes]);
        const cut = await read(chunked(bytes, sizes));
        expect(cut.given).toEqual(whole.given);
        expect(damageOf(cut)).toEqual(damageOf(whole));
      }),
      { numRuns: 200 },
    );
  });
});
