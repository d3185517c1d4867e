import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseJson } from '../../../src/server/http/json.ts';
import { parseWithLongList } from '../../../src/server/http/long-list.ts';

/** What a parser makes of a text, or that it refuses it. */
function attempt(parse: (bytes: Uint8Array) => unknown, text: string): unknown {
  try {
    return parse(Buffer.from(text));
  } catch (error) {
    return String(error);
  }
}

/** The list put together again, beside the rest. */
function inPieces(bytes: Uint8Array): unknown {
  const { value, pieces } = parseWithLongList(bytes, 'jobs');
  const list = [...pieces].flat();
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && 'jobs' in value && Array.isArray(value.jobs) ? { ...value, jobs: list } : value;
}

const same = (text: string) => expect(attempt(inPieces, text)).toEqual(attempt(parseJson, text));

test.each([
  '{"hostname":"h","jobs":[]}',
  ' {"jobs" : [ {"a":"],{"} , 2 ], "hostname" : "h"} ',
  '{"jobs":[1],"jobs":[2,3]}',
  '{"jobs":[1],"jobs":5}',
  '{"jobs":[1],"j\\u006fbs":[2]}',
  '{"jobs":[1],"j\\u006fbs":[]}',
  '{"j\\u006fbs":[2]}',
  '{"a":{"jobs":[1]},"b":[{"jobs":[2]}]}',
  '{"a":"jobs","b":[1]}',
  '{"\\"jobs":[1],"jobs":[[[],[]],{}]}',
  '[{"jobs":[1]}]',
  '"jobs"',
  '{"jobs":[1,]}',
  '{"jobs":[,1]}',
  '{"jobs":[1]]}',
  '{"jobs":[1}}',
  '{"jobs":[{]}]}',
  '{"jobs":[1],[2]}',
  '{"jobs":["a]}',
  '{"jobs":',
  '\ufeff{"jobs":[1]}',
  '{"jobs":[\ufeff1]}',
])('%s is the same in pieces', same);

test('any JSON is the same in pieces, and so is any that was cut or spoilt', () => {
  fc.assert(
    fc.property(
      fc.record({ hostname: fc.string(), jobs: fc.array(fc.jsonValue()), also: fc.jsonValue() }),
      fc.nat(),
      fc.constantFrom('', ',', ']', '}', '[', '"', '\\', ' '),
      (value, place, spoilt) => {
        const text = JSON.stringify(value);
        const at = place % text.length;
        same(text);
        same(text.slice(0, at));
        same(text.slice(0, at) + spoilt + text.slice(at + 1));
      },
    ),
    { numRuns: 500 },
  );
});

test.each(['', ',', '5'])('a list of many pieces with %p behind it is the same', (end) => {
  const record = { text: 'x'.repeat(1000), more: [1, { a: ',' }] };
  const list = Array.from({ length: 2000 }, (_, n) => JSON.stringify({ n, ...record })).join(',');
  const text = `{"jobs":[${list}${end}]}`;
  same(text);
  if (end === '') expect([...parseWithLongList(Buffer.from(text), 'jobs').pieces].length).toBeGreaterThan(3);
});

test('pieces with a gap between them are not JSON', () => {
  const record = JSON.stringify('x'.repeat(300_000));
  same(`{"jobs":[${record},${record}]}`);
  same(`{"jobs":[${record},,${record}]}`);
  same(`{"jobs":[${record},${record},]}`);
  same(`{"jobs":[,${record},${record}]}`);
});
