/** The values of fields as the SAM API takes them, at the edges of what it takes, and the words of refusals. */

import { describe, expect, test } from 'bun:test';
import { z } from 'zod';
import { listOf } from '../../../src/server/status/entries.ts';
import {
  absentAsNull,
  amount,
  bigCount,
  count,
  countOrZero,
  flag,
  name,
  nullable,
  optionalTime,
  percent,
  reportTime,
  text,
  time,
} from '../../../src/server/status/fields.ts';
import { validated } from '../../../src/server/status/validate.ts';

/** What a schema makes of a value, or the words of its refusal. */
function read(schema: z.ZodType, value: unknown): unknown {
  const { success, data, error } = schema.safeParse(value);
  return success ? data : error.issues.map(({ message }) => message).join('; ');
}

const truths = [1, '1', 't', 'T', 'true', 'True', 'TRUE', 'on', 'On', 'ON', 'y', 'Y', 'yes', 'Yes', 'YES', true];
const untruths = [0, '0', 'f', 'F', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF', 'n', 'N', 'no', 'No', 'NO', false];
test.each([
  ...truths.map((word) => [word, true] as const),
  ...untruths.map((word) => [word, false] as const),
  ...[2, '', 'x', null, ['1']].map((word) => [word, 'must be true or false'] as const),
])('the flag %j is %j', (value, expected) => expect(read(flag, value)).toBe(expected));

const schemas = {
  ...{ count, bigCount, countOrZero, amount, percent, time, optionalTime, reportTime },
  ...{ 'nullable(count)': nullable(count), 'text(3)': text(3), 'name(3)': name(3) },
};
const whole = 'must be a whole number';
const most = 2 ** 31 - 1;
test.each<[schema: keyof typeof schemas, value: unknown, expected: unknown]>([
  ['count', 7, 7],
  ['count', 7.9, 7],
  ['count', -0.5, 'must not be negative'],
  ['count', -0, 0],
  ['count', ' +12 ', 12],
  ['count', '-1', 'must not be negative'],
  ['count', '-0', 0],
  ['count', '12.0', whole],
  ['count', '1e3', whole],
  ['count', '9'.repeat(17), whole],
  ['count', true, whole],
  ['count', most, most],
  ['count', most + 1, `must be at most ${most}`],
  ['bigCount', Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ['bigCount', Number.MAX_SAFE_INTEGER + 1, `must be at most ${Number.MAX_SAFE_INTEGER}`],
  ['countOrZero', undefined, 0],
  ['countOrZero', null, whole],
  ['nullable(count)', undefined, null],
  ['nullable(count)', null, null],
  ['amount', 2.5, 2.5],
  ['amount', ' 2.5 ', 2.5],
  ['amount', '2.', 2],
  ['amount', '.5', 'must be a number'],
  ['amount', '2,5', 'must be a number'],
  ['amount', -0.1, 'must not be negative'],
  ['percent', '100', 100],
  ['percent', 0, 0],
  ['percent', 100.1, 'must be from 0 to 100'],
  ['percent', -0.1, 'must be from 0 to 100'],
  ['percent', 'all', 'must be a number'],
])('%s of %j is %j', (schema, value, expected) => expect(read(schemas[schema], value)).toBe(expected));

test.each<[schema: keyof typeof schemas, value: unknown, expected: unknown]>([
  ['text(3)', 'abc', 'abc'],
  ['text(3)', 'abcd', 'must have at most 3 characters'],
  ['text(3)', '💥💥💥', '💥💥💥'],
  ['text(3)', '💥💥💥💥', 'must have at most 3 characters'],
  ['text(3)', '', ''],
  ['text(3)', 'a\u0000', 'must not have NUL characters'],
  ['text(3)', 'a\ud800', 'must be well-formed Unicode'],
  ['text(3)', 5, 'must be text'],
  ['name(3)', ' \t', 'must not be empty'],
  ['name(3)', ' a', ' a'],
  ['time', '2026-03-01T03:00:00-07:00', '2026-03-01T10:00:00'],
  ['time', 'soon', 'is not an ISO 8601 time, such as 2026-03-01T10:00:00'],
  ['time', 5, 'must be an ISO 8601 time as text'],
  ['optionalTime', null, undefined],
  ['optionalTime', '', undefined],
  ['optionalTime', [], undefined],
  ['optionalTime', {}, undefined],
  ['optionalTime', undefined, undefined],
  ['optionalTime', [1], 'must be an ISO 8601 time as text'],
  ['optionalTime', { a: 1 }, 'must be an ISO 8601 time as text'],
  ['optionalTime', 0, 'must be an ISO 8601 time as text'],
  ['reportTime', '', undefined],
  ['reportTime', '2026-03-01', '2026-03-01T00:00:00'],
  ['reportTime', '2999-01-01', 'is more than 5 minutes in the future; check the clocks of the sender and of this host'],
])('%s of %j is %j', (schema, value, expected) => expect(read(schemas[schema], value)).toBe(expected));

test.each([
  [null, null],
  ['', null],
  [{}, null],
  [undefined, null],
  ['x', 'x'],
  [[0], [0]],
])('%j without a time is %j', (value, expected) => expect(absentAsNull(value)).toEqual(expected));

describe('a body', () => {
  const entry = z.object({ name: name(5), n: count });
  const schema = z.object({ first: count, second: count, list: listOf(entry, (one) => one.name).default([]) });
  const refusal = (body: Record<string, unknown>): unknown => {
    try {
      return validated(schema, body);
    } catch (error) {
      return error instanceof Error ? error.message : error;
    }
  };

  test('that is valid is what the schema makes of it', () => {
    expect(refusal({ first: '1', second: 2 })).toEqual({ first: 1, second: 2, list: [] });
  });

  test.each<[body: Record<string, unknown>, error: string]>([
    [{}, 'Missing required fields: first, second'],
    [{ first: null, second: -1 }, 'first: must not be null; second: must not be negative'],
    [
      { second: 'x', list: [{ name: 'a', n: 1 }, { n: null }] },
      `Missing required fields: first, list[1].name; second: ${whole}; list[1].n: must not be null`,
    ],
    [{ first: 1, second: 2, list: ['a', 'b', 'b'].map((one) => ({ name: one, n: 3 })) }, 'list[2]: "b" is there twice'],
    [{ first: 1, second: 2, list: 5 }, 'list: must be a list'],
  ])('%j is refused', (body, error) => expect(refusal(body)).toBe(error));

  test('with 50 problems names all, and with more their number', () => {
    const named = (problems: number) => refusal({ first: 1, second: 2, list: new Array(problems).fill({ name: 'a' }) });
    const fields = Array.from({ length: 50 }, (_, index) => `list[${index}].n`).join(', ');
    expect(named(50)).toBe(`Missing required fields: ${fields}`);
    expect(named(51)).toBe(`Missing required fields: ${fields}, and 1 more`);
    expect(named(53)).toBe(`Missing required fields: ${fields}, and 3 more`);
    const wrong = Array.from({ length: 50 }, (_, index) => `list[${index}]: must be a mapping`).join('; ');
    expect(refusal({ first: 1, second: 2, list: new Array(51).fill(0) })).toBe(`${wrong}; and 1 more`);
  });

  test.each([
    [50_000, 'list', null],
    [50_001, 'list', 'list: more than 50000 entries'],
    [50_001, 'l'.repeat(64), `${'l'.repeat(64)}: more than 50000 entries`],
    [50_001, 'l'.repeat(65), 'a list: more than 50000 entries'],
    [50_001, 'a b', 'a list: more than 50000 entries'],
    [50_001, 'nodes', null],
  ])('may have a list of %d entries called %p: %p', (length, field, error) => {
    const anything = z.looseObject({});
    const read = () => validated(anything, { [field]: new Array(length).fill(0) });
    if (error === null) expect(read).not.toThrow();
    else expect(read).toThrow(error);
  });
});
