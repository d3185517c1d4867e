import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseRollup, type Rollup, rollupText, withSample } from '../../../src/server/status/rollup.ts';

const value = fc.option(fc.integer({ min: 0, max: 5 }), { nil: null });
const samples = fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 20 });

test('a roll-up is updated after each sample, and sums up the known values', () => {
  fc.assert(
    fc.property(samples, (list) => {
      const rollup = list.reduce<Rollup>((before, one) => parseRollup(rollupText(withSample(before, one))), []);
      const expected = [0, 1, 2].map((index) => {
        const known = list.map((one) => one[index] ?? null).filter((one) => one !== null);
        if (known.length === 0) return null;
        const sum = known.reduce((before, one) => before + one, 0);
        return { count: known.length, sum, minimum: Math.min(...known), maximum: Math.max(...known) };
      });
      expect([...rollup]).toEqual(expected);
    }),
  );
});

test('equal values are stored once', () => {
  const twice = [1, 2].reduce<Rollup>((before) => withSample(before, [2488, null, 7]), []);
  expect(rollupText(withSample(twice, [2488, null, 9]))).toBe('[[3,2488],null,[3,23,7,9]]');
});

test('a field that is added later has no value in older samples', () => {
  expect(withSample(withSample([], [1]), [1, 5])).toEqual([
    { count: 2, sum: 2, minimum: 1, maximum: 1 },
    { count: 1, sum: 5, minimum: 5, maximum: 5 },
  ]);
});
