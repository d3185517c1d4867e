/**
 * Returns the difference of each number of a column from the number before it, or from the number of another column, as
 * 32 bits without overflow. Differences compress better: ends are in order, and most jobs are short.
 */
export function stepsOf(values: Int32Array, from: Int32Array | null = null): Int32Array {
  const steps = new Int32Array(values.length);
  let before = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] ?? 0;
    steps[index] = (value - (from === null ? before : (from[index] ?? 0))) | 0;
    before = value;
  }
  return steps;
}

/** Changes the differences of `stepsOf` to the numbers again, in place. */
export function addSteps(steps: Int32Array, from: Int32Array | null = null): Int32Array {
  let before = 0;
  for (let index = 0; index < steps.length; index++) {
    before = ((steps[index] ?? 0) + (from === null ? before : (from[index] ?? 0))) | 0;
    steps[index] = before;
  }
  return steps;
}
