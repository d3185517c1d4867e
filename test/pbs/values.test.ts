import { describe, expect, test } from 'bun:test';
import {
  countOf,
  isAbsent,
  isObject,
  listOf,
  memberInLowerCase,
  memberNamed,
  memberOf,
  membersOf,
  type RawValue,
  textOf,
} from '../../src/pbs/values.ts';

const object = (...lines: string[]): RawValue => ({ kind: 'object', text: lines.join('\n') });
const array = (...lines: string[]): RawValue => ({ kind: 'array', text: lines.join('\n') });

test.each([
  ['"a"', 'a'],
  ['""', ''],
  ['0', '0'],
  ['1', '1'],
  ['false', 'false'],
  ['NaN', 'NaN'],
  ['null', null],
  ['', null],
  ['"', null],
  ['"a', null],
  ['{}', null],
  ['"a\\"b\\\\c\\/d"', 'a"b\\c/d'],
  ['"\\b\\f\\n\\r\\t\\q"', '\b\f\n\r\t\\q'],
  ['"\\u0041\\u00e9"', 'Aé'],
])('the text of %s is %p', (raw, expected) => {
  expect(textOf(raw)).toBe(expected);
});

test.each([
  [undefined, 0],
  ['0', 0],
  ['1', 1],
  ['"1"', 1],
  ['" 2 "', 2],
  ['2147483647', 2_147_483_647],
  ['2147483648', null],
  ['999999999999', null],
  ['-1', null],
  ['1.5', null],
  ['null', null],
  ['{}', null],
])('the count of %p is %p', (raw, expected) => {
  expect(countOf(raw)).toBe(expected);
});

test.each<[RawValue | undefined, string[]]>([
  [undefined, []],
  ['[]', []],
  ['[a]', ['a']],
  ['["a", "b",c]', ['a', 'b', 'c']],
  ['[a', []],
  ['a]', []],
  [array('"a",', '"b"'), ['a', 'b']],
  ['["a","b"', []],
  ['"a","b"]', []],
  [object('"a"'), []],
])('the list in %p is %p', (raw, expected) => {
  expect(listOf(raw)).toEqual(expected);
});

describe('of an object', () => {
  const raw = object('  "NCPUS": 0,', '  "mem": "1gb",', '  "text": "\\"mem\\": 9",', '  "mem": "2gb"', '  nonsense');

  test('all members are given, of one name the last', () => {
    expect(membersOf(raw)).toEqual(
      new Map([
        ['NCPUS', '0'],
        ['mem', '"2gb"'],
        ['text', '"\\"mem\\": 9"'],
      ]),
    );
    expect([membersOf('{}'), membersOf('1'), membersOf(array('"a": 1')), membersOf(undefined)]).toEqual([
      new Map(),
      null,
      null,
      null,
    ]);
  });

  test('one member is that of the whole, also the first and the last', () => {
    expect(['NCPUS', 'mem', 'text', 'gone'].map((name) => memberNamed(raw, name))).toEqual([
      '0',
      '"2gb"',
      '"\\"mem\\": 9"',
      undefined,
    ]);
    expect(memberNamed(object('"a":1'), 'a')).toBe('1');
    expect(memberNamed(object('"x": "\\n"a":1"', '"a": 2'), 'a')).toBe('2');
    expect(memberNamed(object('"a": 2', '"x": "b"a":1"', '.."a":1', '."a":1'), 'a')).toBe('2');
    expect([memberNamed('{}', 'a'), memberNamed(array('"a":1'), 'a')]).toEqual([undefined, undefined]);
  });

  test('a member is found in another case', () => {
    expect(['ncpus', 'mem', 'gone'].map((name) => memberInLowerCase(raw, name))).toEqual(['0', '"2gb"', undefined]);
    expect(memberInLowerCase(object('"GPU_Type": "a"', '"Gpu_Type": "b"'), 'gpu_type')).toBe('"b"');
  });
});

test('absent values and objects are detected', () => {
  expect([undefined, 'null', '0', '{}', object()].map(isAbsent)).toEqual([true, true, false, false, false]);
  expect([undefined, 'null', '{}', object(), array()].map(isObject)).toEqual([false, false, true, true, false]);
});

test.each([
  ['"a": 1,', { name: 'a', value: '1' }],
  ['"": 1', { name: '', value: '1' }],
  ['a: 1', null],
  ['"a" 1', null],
])('the line %s is the member %j', (line, expected) => {
  expect(memberOf(line)).toEqual(expected);
});
