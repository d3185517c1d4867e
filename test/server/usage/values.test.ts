import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalTimestamp } from '../../../src/server/timestamp.ts';
import { fields } from '../../../src/server/usage/records.ts';
import { fixtureLines } from './helper.ts';

type Measured = {
  readonly field: string;
  readonly input: unknown;
  readonly value?: string | number | null;
  readonly error?: { readonly type: string; readonly msg: string };
};

const measured = fixtureLines<Measured>('values.jsonl');

function read(field: string, input: unknown): unknown {
  const found = fields.find(({ name }) => name === field);
  if (!found) throw new Error(`there is no field ${field}`);
  return found.read(input);
}

/** What the API takes and the receiver does not, because it could not keep it as it is. */
const refusedHere: readonly (readonly [field: string, input: unknown, type: string])[] = [
  ['Submit', '9999-12-31T23:59:59-01:00', 'datetime_parsing'],
  ['Submit', '0001-01-01T00:00:00+01:00', 'datetime_parsing'],
  ['AllocCPUS', 2 ** 53, 'int_parsing_size'],
  ['AllocCPUS', 2 ** 53 + 2, 'int_parsing_size'],
  ['AllocCPUS', 2 ** 63, 'int_parsing_size'],
  ['AllocCPUS', -(2 ** 63), 'int_parsing_size'],
  ['AllocCPUS', 2 ** 70, 'int_parsing_size'],
  ['AllocCPUS', 1e16, 'int_parsing_size'],
  ['AllocCPUS', '9007199254740993', 'int_parsing_size'],
  ['AllocCPUS', '99999999999999999999', 'int_parsing_size'],
  ['CPUHours', 'nan', 'finite_number'],
  ['CPUHours', 'inf', 'finite_number'],
  ['CPUHours', '-inf', 'finite_number'],
  ['CPUHours', 'Infinity', 'finite_number'],
  ['CPUHours', '1e400', 'finite_number'],
];
/** What the API refuses and the receiver takes: its agents send these texts for a job that never started. */
const noTime: ReadonlySet<unknown> = new Set(['None', 'Unknown', '']);
const isTakenHere = ({ field, input }: Measured) => ['Start', 'End'].includes(field) && noTime.has(input);
const isRefusedHere = ({ field, input }: Measured) =>
  refusedHere.some(([name, value]) => name === field && value === input);

describe('each value is taken for what pydantic takes it, or refused in its words', () => {
  const same = measured.filter((one) => !isRefusedHere(one) && !isTakenHere(one));
  test.each(same.map((one) => [one.field, JSON.stringify(one.input), one] as const))('%s: %s', (_, __, one) => {
    const taken = read(one.field, one.input);
    if (one.error) expect(taken).toEqual(one.error);
    else if (one.field === 'Submit') expect(taken).toBe(canonicalTimestamp(String(one.value)));
    else expect(taken).toBe(one.value);
  });

  test.each(measured.filter(isTakenHere).map((one) => [one.field, one.input]))('%s: %p is null', (field, input) => {
    expect(read(field, input)).toBeNull();
  });

  test.each(refusedHere)('%s: %p is refused, because storing would change it', (field, input, type) => {
    expect(measured.find((one) => one.field === field && one.input === input)?.error).toBeUndefined();
    expect(read(field, input)).toMatchObject({ type });
  });
});

const day = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });

describe('a time', () => {
  test('is stored as the same text if it is sent in UTC, in another zone, or in milliseconds since 1970', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1971-01-01'), max: new Date('9000-01-01'), noInvalidDate: true }),
        fc.integer({ min: -14 * 60, max: 14 * 60 }),
        (instant, offset) => {
          const sign = offset < 0 ? '-' : '+';
          const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60];
          const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
          const local = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, -1);
          const text = read('Submit', instant.toISOString());
          expect(read('Submit', local + zone)).toBe(text);
          expect(read('Submit', instant.getTime())).toBe(text);
          expect(read('Submit', String(instant.getTime()))).toBe(text);
        },
      ),
    );
  });

  test('without a zone is stored as it was sent', () => {
    fc.assert(
      fc.property(day, fc.constantFrom('T', ' '), (instant, separator) => {
        const text = instant.toISOString().slice(0, 19);
        expect(read('Start', text.replace('T', separator))).toBe(text);
      }),
    );
  });

  test('has a day that its month has', () => {
    const two = (number: number) => String(number).padStart(2, '0');
    for (const year of ['0000', '0001', '1900', '2000', '2024', '2026', '9999']) {
      for (let index = 0; index < 14 * 33; index++) {
        const text = `${year}-${two(Math.floor(index / 33))}-${two(index % 33)}T10:00:00`;
        const taken = read('Submit', text);
        expect(typeof taken === 'string' ? taken : null, text).toBe(canonicalTimestamp(text));
      }
    }
  });

  test('is text or a fault for any input', () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.string(), fc.double(), day.map(String)), (value) => {
        const taken = read('Submit', value);
        if (typeof taken === 'string') expect(canonicalTimestamp(taken)).toBe(taken);
        else expect(taken).toMatchObject({ type: expect.stringMatching(/^datetime_/), msg: expect.any(String) });
      }),
    );
  });
});

test('numbers are returned unchanged, also if they are sent as text', () => {
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.double({ noNaN: true, noDefaultInfinity: true }), (count, hours) => {
      expect(read('AllocNodes', count)).toBe(count);
      expect(read('AllocNodes', ` ${count}.0 `)).toBe(count + 0);
      expect(read('GPUHours', hours)).toBe(hours + 0);
      expect(read('GPUHours', String(hours))).toBe(hours + 0);
    }),
  );
});
