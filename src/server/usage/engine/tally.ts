import { isEmptyCell } from '../segments/segment.ts';
import type { Entries } from './entries.ts';
import { type Masks, selectRows } from './filter.ts';
import type { Segment } from './loaded.ts';
import type { Measure } from './measures.ts';
import type { Periods } from './periods.ts';
import { addEntries, type SumColumns, sumColumns } from './sum-columns.ts';

/** Sums of jobs of a segment. Each row is a combination of names in a period; several rows can be of the same. */
export type Tally = Rows & {
  readonly clusterIndex: number;
  readonly segment: Segment;
  readonly count: number;
};

type Rows = SumColumns & { readonly combination: Int32Array; readonly period: Int32Array };

/** With more combinations × periods in a segment, each entry is a row. */
const maxPlaces = 1_000_000;

/** Makes tallies, each of which is valid until the next one is made. */
export function createTallies() {
  let rows = rowsOf(0);
  /** The row of each entry. */
  let rowOfEntry = new Int32Array(0);
  /** The row of each combination and period plus 1, or 0. */
  let rowOfPlace = new Int32Array(0);

  function reserve(count: number): void {
    if (rows.jobs.length < count) rows = rowsOf(count);
    if (rowOfEntry.length < count) rowOfEntry = new Int32Array(count);
  }

  function ofEach(entries: Entries, measures: readonly Measure[]): Tally {
    reserve(entries.count);
    numberEach(entries, rowOfEntry, rows);
    addEntries(entries, rowOfEntry, rows, measures);
    return { ...rows, clusterIndex: entries.clusterIndex, segment: entries.segment, count: entries.count };
  }

  return {
    /** Returns the tally of entries with a row for each combination and period. It has some measures; others may be 0. */
    ofEntries(entries: Entries, measures: readonly Measure[]): Tally {
      const { clusterIndex, segment } = entries;
      const [first, last] = leastAndMost(entries.period, entries.count);
      const periods = last - first + 1;
      const places = segment.cells.combinations.count * periods;
      if (places > maxPlaces) return ofEach(entries, measures);
      reserve(entries.count);
      if (rowOfPlace.length < places) rowOfPlace = new Int32Array(places);
      const count = numberTogether(entries, first, periods, rowOfPlace, rowOfEntry, rows);
      rowOfPlace.fill(0, 0, places);
      addEntries(entries, rowOfEntry, rows, measures);
      return { ...rows, clusterIndex, segment, count };
    },
    /** Returns the tally of the cells of a segment, which have the usage by the days on which jobs ran. */
    ofCells(clusterIndex: number, segment: Segment, masks: Masks, periods: Periods): Tally {
      const { cells } = segment;
      reserve(cells.count);
      const selected = selectRows(cells, cells.combinations, masks, rowOfEntry);
      return { ...rows, clusterIndex, segment, count: addCells(segment, rowOfEntry, selected, periods, rows) };
    },
  };
}

function rowsOf(count: number): Rows {
  return {
    combination: new Int32Array(count),
    period: new Int32Array(count),
    ...sumColumns(count),
  };
}

// A small function for each step, called once a segment: JSC gives up optimised code of one large loop after some calls.

function leastAndMost(values: Int32Array, count: number): [number, number] {
  let [least, most] = [values[0] ?? 0, values[0] ?? 0];
  for (let index = 1; index < count; index++) {
    const value = values[index] ?? 0;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

function numberEach({ jobs, job, period, count }: Entries, rowOfEntry: Int32Array, rows: Rows): void {
  const { combination } = jobs;
  for (let index = 0; index < count; index++) {
    rowOfEntry[index] = index;
    begin(rows, index, combination[job[index] ?? 0] ?? 0, period[index] ?? 0);
  }
}

/** Returns the number of rows. */
function numberTogether(
  { jobs, job, period, count }: Entries,
  firstPeriod: number,
  periods: number,
  rowOfPlace: Int32Array,
  rowOfEntry: Int32Array,
  rows: Rows,
): number {
  const { combination } = jobs;
  let used = 0;
  for (let index = 0; index < count; index++) {
    const of = combination[job[index] ?? 0] ?? 0;
    const place = of * periods + (period[index] ?? 0) - firstPeriod;
    let row = (rowOfPlace[place] ?? 0) - 1;
    if (row < 0) {
      row = used;
      used++;
      rowOfPlace[place] = used;
      begin(rows, row, of, period[index] ?? 0);
    }
    rowOfEntry[index] = row;
  }
  return used;
}

function begin(rows: Rows, row: number, combination: number, period: number): void {
  rows.combination[row] = combination;
  rows.period[row] = period;
  rows.jobs[row] = 0;
  rows.newJobs[row] = 0;
  rows.cpuSeconds[row] = 0;
  rows.gpuSeconds[row] = 0;
  rows.nodeSeconds[row] = 0;
}

/** Returns the number of rows: one for each of the selected cells that has something in the window. */
function addCells(
  { cells, day: segmentDay }: Segment,
  selected: Int32Array,
  count: number,
  { window, indexOfDay, list }: Periods,
  { combination, period: periodOf, jobs, newJobs, cpuSeconds, gpuSeconds, nodeSeconds }: Rows,
): number {
  let used = 0;
  for (let index = 0; index < count; index++) {
    const cell = selected[index] ?? 0;
    const day = (cells.day[cell] ?? 0) + segmentDay;
    if (day < window.from || day >= window.until || isEmptyCell(cells, cell)) continue;
    const period = indexOfDay[day - window.from] ?? 0;
    // Jobs that ran before the first day of a period are new to it on this day.
    const isFirstDay = day === Math.max(list[period]?.from ?? 0, window.from);
    combination[used] = cells.combination[cell] ?? 0;
    periodOf[used] = period;
    jobs[used] = (isFirstDay ? cells.ran[cell] : cells.began[cell]) ?? 0;
    newJobs[used] = (day === window.from ? cells.ran[cell] : cells.began[cell]) ?? 0;
    cpuSeconds[used] = cells.cpuSeconds[cell] ?? 0;
    gpuSeconds[used] = cells.gpuSeconds[cell] ?? 0;
    nodeSeconds[used] = cells.nodeSeconds[cell] ?? 0;
    used++;
  }
  return used;
}
