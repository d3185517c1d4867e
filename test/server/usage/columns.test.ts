import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addToBucket, createBuckets, listsOf, reserveSlots } from '../../../src/server/usage/engine/buckets.ts';
import {
  countBetween,
  countedList,
  joined,
  mean,
  quantile,
  sortedList,
} from '../../../src/server/usage/engine/statistics.ts';
import { decodeColumns, encodeColumns, narrow } from '../../../src/server/usage/segments/columns.ts';
import { addSteps, stepsOf } from '../../../src/server/usage/segments/steps.ts';

const whole32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

test('columns of any width and length are decoded as they were encoded', () => {
  const columns = fc.record({
    i16: fc.array(fc.integer({ min: -(2 ** 15), max: 2 ** 15 - 1 })),
    i32: fc.array(whole32),
    f64: fc.array(fc.double({ noNaN: true })),
    ids: fc.array(fc.nat(2 ** 32 - 1)),
  });
  fc.assert(
    fc.property(columns, ({ i16, i32, f64, ids }) => {
      const decoded = decodeColumns(
        encodeColumns({
          i16: Int16Array.from(i16),
          i32: Int32Array.from(i32),
          f64: Float64Array.from(f64),
          ids: narrow(ids),
        }),
      );
      expect([...decoded.i16('i16')]).toEqual(i16);
      expect([...decoded.i32('i32')]).toEqual(i32);
      expect([...decoded.f64('f64')]).toEqual(f64);
      expect([...decoded.ids('ids')]).toEqual(ids);
    }),
  );
});

test('steps lead back to any numbers, also where a difference is larger than 32 bits', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(whole32, whole32)), (pairs) => {
      const values = Int32Array.from(pairs, ([value]) => value);
      const others = Int32Array.from(pairs, ([, other]) => other);
      expect(addSteps(stepsOf(values))).toEqual(values);
      expect(addSteps(stepsOf(values, others), others)).toEqual(values);
    }),
  );
});

/** Returns every second list of small numbers as counts. */
function listOf(values: number[], index: number) {
  if (index % 2 === 0 || values.some((value) => value > 200)) return sortedList(Uint32Array.from(values));
  const counts = new Uint32Array(201);
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return countedList(counts);
}

test('statistics of several lists are those of one list with all values, without those that are repeated', () => {
  // Short lists are joined, and long ones are not.
  const list = fc.oneof(
    fc.array(fc.nat(200), { maxLength: 8 }),
    fc.array(fc.nat(2 ** 32 - 1), { minLength: 150, maxLength: 160 }),
  );
  const lists = fc.array(list, { maxLength: 40 });
  fc.assert(
    fc.property(lists, lists, fc.constantFrom(0, 0.25, 0.5, 0.9, 1), (values, repeats, probability) => {
      const sorted = (some: number[][]) => joined(some.map(listOf));
      const timing = { lists: sorted([...values, ...repeats]), repeats: sorted(repeats) };
      const all = values.flat().sort((a, b) => a - b);
      const place = (all.length - 1) * probability;
      const [below = 0, above = 0] = [all[Math.floor(place)], all[Math.ceil(place)]];
      const expected = below + (above - below) * (place - Math.floor(place));
      expect(quantile(timing, probability)).toBe(all.length === 0 ? null : expected);
      expect(mean(timing)).toBe(all.length === 0 ? null : all.reduce((sum, value) => sum + value, 0) / all.length);
      expect(countBetween(timing, [50, 100])).toEqual([
        all.filter((value) => value < 50).length,
        all.filter((value) => value >= 50 && value < 100).length,
        all.filter((value) => value >= 100).length,
      ]);
    }),
  );
});

test('a bucket has all its numbers, also those that it counts once it is large', () => {
  const [small, large] = [0, 1];
  const buckets = createBuckets();
  reserveSlots(buckets, 2);
  const numbers = Array.from({ length: 60_000 }, (_, index) => (index * 7919) % 100_003);
  for (const number of numbers) addToBucket(buckets, large, number);
  for (const number of [3, 1, 2]) addToBucket(buckets, small, number);
  const lists = listsOf(buckets, 2);
  const timing = (slot: number) => ({ lists: joined(lists[slot] ?? []), repeats: [] });
  numbers.sort((a, b) => a - b);
  for (const rank of [0, 1, 30_000, 39_320, 39_321, 59_999]) {
    expect(quantile(timing(large), rank / 59_999)).toBeCloseTo(numbers[rank] ?? 0, 6);
  }
  expect(mean(timing(large))).toBeCloseTo(numbers.reduce((sum, number) => sum + number, 0) / 60_000, 6);
  expect([0, 0.5, 1].map((probability) => quantile(timing(small), probability))).toEqual([1, 2, 3]);
});
