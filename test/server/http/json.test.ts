import { describe, expect, test } from 'bun:test';
import { endOfText, isRecord, parseJson, parseJsonObject } from '../../../src/server/http/json.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('limits of a body', () => {
  const list = (count: number) => `[${Array(count).fill(1).join()}]`;
  const object = (count: number, value = '1') =>
    `{${Array.from({ length: count }, (_, n) => `"${n}":${value}`).join()}}`;
  const members = 'JSON body has an object of over 10000 members';
  const depth = 'JSON body is nested more than 64 levels deep';
  const values = 'JSON body has more than 500000 values';

  test.each<[what: string, text: string, error: string | null]>([
    ['64 lists', '['.repeat(64) + ']'.repeat(64), null],
    ['65 lists', '['.repeat(65) + ']'.repeat(65), depth],
    ['65 lists and objects', `${'{"a":['.repeat(32)}[]${']}'.repeat(32)}`, depth],
    ['many lists one after the other', `[${Array(100).fill('[[]]').join()}]`, null],
    ['10,000 members', object(10_000), null],
    ['10,001 members', object(10_001), members],
    ['10,001 members of an object in a list', `[{},${object(10_001)}]`, members],
    ['10,000 members in each of two objects', `[${object(10_000)},${object(10_000)}]`, null],
    ['10,000 members that are objects and lists', object(10_000, '[1,{"a":2,"b":3},4]'), null],
    ['10,001 members that are objects and lists', object(10_001, '[1,{"a":2,"b":3},4]'), members],
    ['10,001 entries of a list', list(10_001), null],
    ['500,000 values', list(500_000), null],
    ['500,001 values', list(500_001), values],
    ['500,000 values, each of which is a list', `[${Array(249_999).fill('[]').join()},1]`, null],
    ['500,001 values, each of which is a list', `[${Array(250_000).fill('[]').join()},1]`, values],
    ['marks in a text', JSON.stringify({ a: `${'[{,'.repeat(400_000)}\\"[` }), null],
  ])('%s', (_, text, error) => {
    if (error === null) expect(() => parseJson(bytes(text))).not.toThrow();
    else expect(() => parseJson(bytes(text))).toThrow(error);
  });
});

test.each([
  ['', 'JSON body required'],
  [' \n\t', 'JSON body required'],
  ['{"a":', 'Request body is not valid JSON'],
  ['\u{feff}', 'JSON body required'],
])('%j is refused', (text, error) => expect(() => parseJson(bytes(text))).toThrow(error));

test('text in another encoding is refused', () => {
  expect(() => parseJson(new Uint8Array([0x22, 0xe9, 0x22]))).toThrow('Request body is not UTF-8');
});

test.each([
  ['null', 'JSON body required'],
  ['[]', 'JSON body required'],
  ['{}', 'JSON body required'],
  ['[1]', 'JSON body must be an object'],
  ['5', 'JSON body must be an object'],
  ['"x"', 'JSON body must be an object'],
])('%s is not an object with members', (text, error) => {
  expect(() => parseJsonObject(bytes(text))).toThrow(error);
});

test('an object is parsed', () =>
  expect(parseJsonObject(bytes('{"a":[1,{"b":null}]}'))).toEqual({ a: [1, { b: null }] }));

test.each([
  [{}, true],
  [[], false],
  [null, false],
  ['x', false],
])('%j is a record: %p', (value, expected) => expect(isRecord(value)).toBe(expected));

test.each([
  ['"ab"c', 3],
  ['"a\\"b"', 5],
  ['"a\\\\"b', 4],
  ['""', 1],
  ['"ab', 3],
  ['"a\\', 4],
])('the text at the start of %j ends at %d', (text, end) => expect(endOfText(bytes(text), 0)).toBe(end));
