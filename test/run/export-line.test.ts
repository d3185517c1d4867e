import { expect, test } from 'bun:test';
import { exportLine } from '../../src/run/jobs/export-progress.ts';

const at = { label: '2026-11-20', unit: 'day', done: 0, parts: 4, stored: 0, rows: 0, elapsed: 30_000 };

test.each([
  [at, '2026-11-20, day 1 of 4: 0 lines; 0 jobs stored'],
  [{ ...at, done: 1 }, '2026-11-20, day 2 of 4: 0 lines; 0 jobs stored, 1m30s to go'],
  [
    { ...at, done: 3, rows: 34_567, stored: 1234 },
    '2026-11-20, day 4 of 4: 34,567 lines; 1,234 jobs stored, 10s to go',
  ],
  [{ ...at, unit: 'file', parts: 1 }, '2026-11-20, file 1 of 1: 0 lines; 0 jobs stored'],
])('the progress of an export, %#', (progress, line) => {
  expect(exportLine(progress)).toBe(line);
});
