import { expect, test } from 'bun:test';
import { afterWindow, planOf, type Range } from '../../src/history/plan.ts';
import type { Progress } from '../../src/history/progress.ts';
import { windowsOf } from '../../src/history/windows.ts';

const now = new Date('2026-11-20T11:59:59.500Z');
/** With the second that is under way. */
const latest = new Date('2026-11-20T12:00:00Z');
const at = (moment: string) => new Date(`${moment}Z`);
const nothing: Progress = { readUntil: null, backfill: null };
const whatIsNew: Range = { since: null, until: null };

const span = (range: Range, progress: Progress) => {
  const { from, to } = planOf(range, progress, now, 7);
  return [from, to];
};

/** The progress when so many windows of a plan are read (all of them without a number), all of them whole. */
function readOn(range: Range, progress: Progress, windows = Number.POSITIVE_INFINITY, clock = now): Progress {
  const plan = planOf(range, progress, clock, 7);
  return windowsOf(plan.from, plan.to)
    .slice(0, windows)
    .reduce((before, window) => afterWindow(before, plan, window, true), progress);
}

test('days are cut at midnight, and the parts at both ends are shorter', () => {
  expect(windowsOf(at('2026-11-18T22:00:00'), at('2026-11-20T03:00:00'))).toEqual([
    { from: at('2026-11-18T22:00:00'), to: at('2026-11-19T00:00:00') },
    { from: at('2026-11-19T00:00:00'), to: at('2026-11-20T00:00:00') },
    { from: at('2026-11-20T00:00:00'), to: at('2026-11-20T03:00:00') },
  ]);
  expect(windowsOf(latest, latest)).toEqual([]);
});

test('the first export starts the configured number of days back', () => {
  expect(span(whatIsNew, nothing)).toEqual([at('2026-11-13T12:00:00'), latest]);
});

test('later exports start a day before the end of the last export', () => {
  const progress = readOn(whatIsNew, nothing);
  expect(progress.readUntil).toEqual(latest);
  expect(span(whatIsNew, progress)).toEqual([at('2026-11-19T12:00:00'), latest]);
});

test('after a long pause no time is left out', () => {
  const progress = { ...nothing, readUntil: at('2025-01-01T00:00:00') };
  expect(span(whatIsNew, progress)).toEqual([at('2024-12-31T00:00:00'), latest]);
});

test('a progress time in the future, from a wrong clock, is ignored', () => {
  const wrong = { ...nothing, readUntil: at('2030-01-01T00:00:00') };
  expect(span(whatIsNew, wrong)).toEqual([at('2026-11-13T12:00:00'), latest]);
  expect(readOn(whatIsNew, wrong).readUntil).toEqual(latest);
  expect(readOn(whatIsNew, wrong, 3).readUntil).toEqual(at('2026-11-16T00:00:00'));
  expect(readOn({ since: at('2026-11-01T00:00:00'), until: null }, wrong, 2).readUntil).toEqual(
    at('2026-11-03T00:00:00'),
  );
  const closed = { since: at('2026-01-01T00:00:00'), until: at('2026-02-01T00:00:00') };
  expect(readOn(closed, wrong).readUntil).toEqual(wrong.readUntil);
});

test.each([
  ['then right', ['10', '2027-11-10', '10', '11']],
  ['then a pause of six days', ['10', '2027-11-10', '16', '17']],
  ['then right, then a pause of six days', ['10', '2027-11-10', '10', '16']],
  ['then right, then a pause of two weeks', ['10', '2027-11-10', '11', '25']],
  ['twice, then right', ['10', '2027-11-10', '2027-11-11', '12', '18']],
])('after a clock that was a year ahead, %s, no export skips what the ones before left', (_, clocks) => {
  let progress = nothing;
  let read = at('2026-11-10T12:00:00');
  for (const clock of clocks) {
    const shown = at(clock.length === 2 ? `2026-11-${clock}T12:00:00` : `${clock}T12:00:00`);
    const plan = planOf(whatIsNew, progress, shown, 7);
    progress = readOn(whatIsNew, progress, Number.POSITIVE_INFINITY, shown);
    // A year ahead there are no jobs yet.
    if (clock.length > 2) continue;
    expect(plan.from.getTime()).toBeLessThanOrEqual(read.getTime());
    read = plan.to;
  }
  expect(progress.readUntil).toEqual(read);
});

test('an export that stopped half-way continues from there', () => {
  const half = readOn(whatIsNew, nothing, 3);
  expect(half.readUntil).toEqual(at('2026-11-16T00:00:00'));
});

test('an earlier range does not move the progress back, and a range until now moves it forward', () => {
  const before = { ...nothing, readUntil: at('2026-11-19T00:00:00') };
  const closed = { since: at('2026-01-01T00:00:00'), until: at('2026-02-01T00:00:00') };
  expect(readOn(closed, before).readUntil).toEqual(at('2026-11-19T00:00:00'));
  const open = { since: at('2026-01-01T00:00:00'), until: null };
  expect(readOn(open, before).readUntil).toEqual(latest);
  expect(readOn(open, before, 100).readUntil).toEqual(at('2026-11-19T00:00:00'));
});

test('a range behind a gap does not hide the gap', () => {
  const before = { ...nothing, readUntil: at('2026-11-01T00:00:00') };
  expect(readOn({ since: at('2026-11-10T00:00:00'), until: null }, before).readUntil).toEqual(
    at('2026-11-01T00:00:00'),
  );
});

test('a first export of a range sets the progress only if it reaches the present', () => {
  expect(readOn({ since: at('2026-11-01T00:00:00'), until: null }, nothing, 2).readUntil).toEqual(
    at('2026-11-03T00:00:00'),
  );
  expect(readOn({ since: at('2026-01-01T00:00:00'), until: at('2026-02-01T00:00:00') }, nothing).readUntil).toBeNull();
});

test('the same range continues where it stopped; another or a completed range starts from its beginning', () => {
  const range = { since: at('2026-01-01T00:00:00'), until: at('2026-02-01T00:00:00') };
  const half = readOn(range, nothing, 10);
  expect(planOf(range, half, now, 7)).toMatchObject({ from: at('2026-01-11T00:00:00'), isResumed: true });
  const other = { ...range, until: at('2026-03-01T00:00:00') };
  expect(planOf(other, half, now, 7)).toMatchObject({ from: range.since, isResumed: false });
  expect(planOf(range, readOn(range, half), now, 7)).toMatchObject({ from: range.since, isResumed: false });
  // What is new meanwhile does not forget it.
  expect(planOf(range, readOn(whatIsNew, half), now, 7)).toMatchObject({ isResumed: true });
});

test('a range ends where the history is complete', () => {
  expect(span({ since: at('2026-11-20T00:00:00'), until: at('2026-12-01T00:00:00') }, nothing)).toEqual([
    at('2026-11-20T00:00:00'),
    latest,
  ]);
});

test('an unreadable window stops the progress, and later windows do not move it', () => {
  const plan = planOf(whatIsNew, nothing, now, 7);
  const windows = windowsOf(plan.from, plan.to);
  const after = windows.reduce((before, window, index) => afterWindow(before, plan, window, index !== 2), nothing);
  expect(after.readUntil).toEqual(windows[2]?.from ?? null);
  expect(planOf(whatIsNew, after, now, 7).from.getTime()).toBeLessThan(windows[2]?.from.getTime() ?? 0);
  const first = afterWindow(nothing, plan, windows[0] ?? { from: now, to: now }, false);
  expect(first.readUntil).toEqual(plan.from);
});
