import { expect, test } from 'bun:test';
import { worst } from '../../src/run/collecting.ts';

test.each([
  [[], 0],
  [[0, 0], 0],
  [[0, 1], 1],
  [[1, 2], 2],
  [[2, 0], 2],
  [[75, 0], 0],
  [[75, 1], 1],
  [[75, 75], 75],
] as const)(
  'the exit code of systems that end with %p is the worst, %i; 75 only if each is collected by another run',
  (codes, code) => {
    expect(worst(codes)).toBe(code);
  },
);
