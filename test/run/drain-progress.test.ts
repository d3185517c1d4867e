import { afterEach, beforeEach, describe, expect, jest, spyOn, test } from 'bun:test';
import * as output from '../../src/lib/output.ts';
import { showStatus } from '../../src/lib/status-line.ts';
import { type Part, type ProgressLine, progressLine, showProgress } from '../../src/run/drain-progress.ts';

const part = (of: Partial<Part>): Part => ({
  delivered: 0,
  rejected: 0,
  left: 0,
  maxPerMinute: 60,
  next: null,
  ...of,
});
const next = (seconds: number, stream = 'sam/casper') => ({ stream, at: seconds * 1000 });

test.each<[string, Part[], number, string]>([
  ['nothing is done yet', [part({ left: 5, next: next(0) })], 0, '0 delivered, 5 left, sending sam/casper'],
  [
    'the first minute of a pace was sent at once',
    [part({ delivered: 60, rejected: 2, left: 380, next: next(60) })],
    3,
    '60 delivered, 2 rejected, 380 left, next sam/casper in 57s, about 6m57s to go',
  ],
  [
    'the pace makes it wait, and the seconds pass',
    [part({ delivered: 60, left: 380, next: next(60) })],
    18,
    '60 delivered, 380 left, next sam/casper in 42s, about 6m42s to go',
  ],
  [
    'an answer takes long',
    [part({ delivered: 3, left: 30, next: next(50) })],
    60,
    '3 delivered, 30 left, sending sam/casper, about 10m to go',
  ],
  [
    'two destinations are drained side by side',
    [part({ delivered: 60, left: 120, next: next(60) }), part({ delivered: 6, left: 6, maxPerMinute: 600 })],
    6,
    '66 delivered, 126 left, next sam/casper in 54s, about 1m54s to go',
  ],
  [
    'of two destinations that wait, the one that is sent first is shown',
    [part({ left: 2, next: next(90, 'ingest/farm') }), part({ left: 3, next: next(30) })],
    0,
    '0 delivered, 5 left, next sam/casper in 30s, about 1m30s to go',
  ],
  ['all is done', [part({ delivered: 9 })], 9, '9 delivered, 0 left'],
])('%s', (_, parts, seconds, expected) => {
  expect(progressLine(parts, seconds * 1000, seconds * 1000)).toBe(expected);
});

test.each<[string, Part, number, string]>([
  ['the burst of a minute suffices', part({ left: 60, next: next(0) }), 0, '0 delivered, 60 left, sending sam/casper'],
  [
    'one entry is left for the next minute',
    part({ left: 61, next: next(0) }),
    0,
    '0 delivered, 61 left, sending sam/casper, about 1m to go',
  ],
  [
    'the time of the next entry has come',
    part({ left: 1, next: next(5) }),
    5000,
    '0 delivered, 1 left, sending sam/casper',
  ],
  ['less than a second is left', part({ left: 1, next: next(1) }), 1, '0 delivered, 1 left, next sam/casper in 1s'],
  [
    'a second is left',
    part({ left: 1, next: next(1) }),
    0,
    '0 delivered, 1 left, next sam/casper in 1s, about 1s to go',
  ],
  [
    'one entry of two was rejected',
    part({ delivered: 1, rejected: 1, left: 4 }),
    5000,
    '1 delivered, 1 rejected, 4 left, about 10s to go',
  ],
  [
    'an entry waits that is not counted',
    part({ rejected: 1, left: 0, next: next(90) }),
    0,
    '0 delivered, 1 rejected, 0 left, next sam/casper in 1m30s',
  ],
])('when %s', (_, one, milliseconds, expected) => {
  expect(progressLine([one], milliseconds, milliseconds)).toBe(expected);
});

describe('the line', () => {
  let write: ReturnType<typeof spyOn<typeof output, 'complain'>>;
  let milliseconds: number;
  let line: ProgressLine;
  let updates: number;
  beforeEach(() => {
    jest.useFakeTimers();
    write = spyOn(output, 'complain').mockImplementation(() => {});
    milliseconds = 0;
    updates = 0;
    line = showProgress(() => milliseconds);
  });
  afterEach(() => {
    line.stop();
    showStatus('');
    write.mockRestore();
    jest.useRealTimers();
  });

  /** Updates the line so many milliseconds after its start. Returns how often it has counted the entries left so far. */
  function updatedAt(at: number, of: Partial<Part> = {}, destination = 'sam'): number {
    milliseconds = at;
    line.update(destination, part(of), () => {
      updates += 1;
      return { left: 7, maxPerMinute: 60 };
    });
    return updates;
  }

  test('is updated after entries at most every 200 ms', () => {
    expect([0, 100, 199, 200, 300, 399, 400].map((at) => updatedAt(at))).toEqual([1, 1, 1, 2, 2, 2, 3]);
  });

  test('is updated at once for another destination, and before a wait', () => {
    expect([updatedAt(0), updatedAt(10, {}, 'farm'), updatedAt(20, { next: next(60) })]).toEqual([1, 2, 3]);
    expect(updatedAt(30, { next: { stream: 'sam/casper', at: 30 } })).toBe(3);
    expect(write.mock.calls.at(-1)?.[0]).toContain('0 delivered, 14 left, next sam/casper in 1m, about 1m to go');
  });

  test('is shown again each second while nothing happens, from its first update to its end', () => {
    jest.advanceTimersByTime(1000);
    expect(write).not.toHaveBeenCalled();
    updatedAt(1000, { next: next(60) });
    const shown = () => Bun.stripANSI(String(write.mock.calls.at(-1)?.[0])).trim();
    expect(shown()).toBe('0 delivered, 7 left, next sam/casper in 59s, about 59s to go');
    milliseconds = 2000;
    jest.advanceTimersByTime(1000);
    expect(shown()).toBe('0 delivered, 7 left, next sam/casper in 58s, about 58s to go');
    line.stop();
    milliseconds = 3000;
    jest.advanceTimersByTime(1000);
    expect(shown()).toContain('in 58s');
    expect(updates).toBe(1);
  });

  test('estimates the rest from the time since its start', () => {
    milliseconds = 10_000;
    line.stop();
    line = showProgress(() => milliseconds);
    updatedAt(12_000, { delivered: 1 });
    expect(write.mock.calls.at(-1)?.[0]).toContain('1 delivered, 7 left, about 14s to go');
  });
});
