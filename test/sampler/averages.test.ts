/** Averages over the time between the first and the last value. */

import { expect, test } from 'bun:test';
import { type Average, addToAverage, averageOf } from '../../src/sampler/averages.ts';

test.each([
  { of: 'one value is the value', at: [100], values: [7], average: 7 },
  { of: 'two values is the value in the middle', at: [100, 104], values: [2, 8], average: 5 },
  { of: 'three values counts each for the time that it lasts', at: [100, 104, 120], values: [2, 8, 8], average: 7.4 },
  { of: 'two values at one time is the last', at: [100, 100], values: [2, 8], average: 8 },
  { of: 'two values is the last if the clock was set back', at: [100, 90], values: [2, 8], average: 8 },
  { of: 'values after the clock was set back is theirs', at: [100, 90, 110], values: [2, 8, 4], average: 6 },
])('an average of $of', ({ at, values, average }) => {
  let sum: Average | undefined;
  for (const [index, value] of values.entries()) sum = addToAverage(sum, at[index] ?? 0, value);
  expect(sum && averageOf(sum)).toBe(average);
});
