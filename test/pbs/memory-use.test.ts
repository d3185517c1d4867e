import { expect, test } from 'bun:test';
import { captureOf } from '../support/captures.ts';
import { damagedIn, jobsIn } from '../support/pbs.ts';

const mebibyte = 1024 ** 2;
const capture = captureOf('nasty', 'qstat-f.json');
const [first = '', second = ''] = capture.records.map(({ text }) => text);

/** A record whose one line has this many mebibytes, between two whole ones; made as it is read. */
function* withHugeRecord(mebibytes: number): Generator<Uint8Array> {
  yield Buffer.from(`${capture.head}${first}\n\t\t"huge":\t{\n\t\t\t"comment":\t"`, 'latin1');
  for (let count = 0; count < mebibytes; count += 1) yield Buffer.alloc(mebibyte, 'x');
  yield Buffer.from(`"\n\t\t},${second.replace(/,$/, '')}${capture.tail}`, 'latin1');
}

test('a record without an end is not kept in memory, and later records are read', async () => {
  const held: number[] = [];
  let turn = 2;
  function* watched(): Generator<Uint8Array> {
    for (const chunk of withHugeRecord(40)) {
      yield chunk;
      turn += 1;
      if (turn % 3 !== 0) continue;
      Bun.gc(true);
      held.push(process.memoryUsage().arrayBuffers);
    }
  }
  const result = await jobsIn({ [Symbol.iterator]: watched });
  expect(result.given.map(({ id }) => id)).toEqual(['0.nasty-pbs', '1.nasty-pbs']);
  expect(damagedIn(result)).toBeGreaterThan(0);
  expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(32 * mebibyte);
});

test('the record after a dropped one is read, for any chunk boundary', async () => {
  const huge = `${first}\n\t\t"huge":\t{\n\t\t\t"comment":\t"${'x'.repeat(17 * mebibyte)}"\n\t\t},`;
  const rest = second.replace(/,$/, '') + capture.tail;
  for (let cut = 0; cut < 6; cut += 1) {
    const chunks = [capture.head + huge + rest.slice(0, cut), rest.slice(cut)];
    const result = await jobsIn(chunks.map((chunk) => Buffer.from(chunk, 'latin1')));
    expect(result.given.map(({ id }) => id)).toEqual(['0.nasty-pbs', '1.nasty-pbs']);
  }
});

test('ten thousand jobs are read, for any chunk boundaries', async () => {
  const bytes = Buffer.from(first.repeat(99), 'latin1');
  function* many(): Generator<Uint8Array> {
    yield Buffer.from(capture.head, 'latin1');
    for (let count = 0; count < 101; count += 1) yield bytes;
    yield Buffer.from(`${second.replace(/,$/, '')}${capture.tail}`, 'latin1');
  }
  const result = await jobsIn({ [Symbol.iterator]: many });
  expect(result.given).toHaveLength(10_000);
  expect(damagedIn(result)).toBe(0);
});

test('megabytes of other text are not PBS output, and are not kept in memory', async () => {
  function* noise(): Generator<Uint8Array> {
    for (let count = 0; count < 100; count += 1) yield Buffer.alloc(mebibyte, 'x');
  }
  const { given, probed } = await jobsIn({ [Symbol.iterator]: noise });
  expect(given).toEqual([]);
  expect(probed).toEqual({ kind: 'failed', reason: expect.stringContaining('printed no PBS JSON') });
});
