import { expect, spyOn, test } from 'bun:test';
import * as status from '../../src/lib/status-line.ts';
import { exportLine, exportProgress } from '../../src/run/jobs/export-progress.ts';

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

test('the line of an export is shown at most every 200 ms, on a terminal only', () => {
  const shown: string[] = [];
  let isTerminal = true;
  let now = 5000;
  const spies = [
    spyOn(performance, 'now').mockImplementation(() => now),
    spyOn(status, 'canShowStatus').mockImplementation(() => isTerminal),
    spyOn(status, 'showStatus').mockImplementation((text) => void shown.push(text)),
  ];
  try {
    const parts = [1, 2].map((day) => ({ label: `2026-11-0${day}` }));
    const show = exportProgress({ parts, unit: 'day' });
    for (const at of [0, 199, 200, 399, 400]) {
      now = 5000 + at;
      show(1, 5, at);
    }
    isTerminal = false;
    now = 6000;
    show(1, 5, 1000);
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  expect(shown).toEqual([
    '2026-11-02, day 2 of 2: 0 lines; 5 jobs stored, 0s to go',
    '2026-11-02, day 2 of 2: 200 lines; 5 jobs stored, 0s to go',
    '2026-11-02, day 2 of 2: 400 lines; 5 jobs stored, 0s to go',
  ]);
});
