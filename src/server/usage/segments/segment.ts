import { decodeColumns } from './columns.ts';
import { addSteps } from './steps.ts';

/** Ids of names, or other whole numbers that are mostly below 65,536. */
export type Ids = Uint16Array | Uint32Array;

/** The dimensions that jobs have as names. */
export const nameDimensions = ['partition', 'account', 'user', 'qos', 'state'] as const;
export type NameDimension = (typeof nameDimensions)[number];

/** A column of ids for each dimension. Id 0 is an absent QOS. */
export type Named = Readonly<Record<NameDimension, Ids>>;

/** The different combinations of names that the jobs of a segment have. Jobs and cells have the numbers of combinations. */
export type Combinations = Named & { readonly count: number };

/** The value of `submit`, `start` and `end` of a job that has no such time. */
export const noTime = -(2 ** 31);

/**
 * The jobs of a segment. Times are seconds from the beginning of its day. A time more than 68 years away from it is
 * stored as the farthest one.
 */
export type Jobs = {
  readonly count: number;
  readonly combination: Ids;
  readonly submit: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly cpus: Ids;
  readonly gpus: Ids;
  readonly nodes: Ids;
  /** CPU and GPU seconds; null if each job has its CPUs (GPUs) times its duration. */
  readonly cpuSeconds: Float64Array | null;
  readonly gpuSeconds: Float64Array | null;
};

/** The nodes of the jobs of a segment: those of job `n` are `ids[offsets[n]]` to `ids[offsets[n + 1] - 1]`. */
export type NodeLists = { readonly offsets: Uint32Array; readonly ids: Ids };

/**
 * The programs of the sampled jobs of a segment: those of job `n` are `ids[offsets[n]]` to `ids[offsets[n + 1] - 1]`, and
 * used `seconds` of CPU time. `countedNodes[n]` is the number of nodes on which the control group of job `n` counted the
 * CPU time. Ids are those of the dictionary of programs.
 */
export type SoftwareLists = NodeLists & { readonly seconds: Float64Array; readonly countedNodes: Ids };

/**
 * What the jobs of a segment used, by the day on which they used it and the combination of their names. Usage is divided
 * at midnight, in proportion to the time. A job without a start or an end is on the day of the segment with whatever it
 * used, and does not count as a job that ran.
 */
export type Cells = {
  readonly count: number;
  /** Counted from the day of the segment. A day more than 89 years away from it is stored as the farthest one. */
  readonly day: Int16Array;
  readonly combination: Ids;
  readonly combinations: Combinations;
  /** Jobs that ran on that day, and those of them whose first day it is. */
  readonly ran: Ids;
  readonly began: Ids;
  readonly cpuSeconds: Float64Array;
  readonly gpuSeconds: Float64Array;
  readonly nodeSeconds: Float64Array;
  /** The first and the last day on which a job ran or used something; null if there is none. */
  readonly usageDays: { readonly first: number; readonly last: number } | null;
};

/** True for a cell of jobs that never ran and used nothing. */
export function isEmptyCell(
  { ran, cpuSeconds, gpuSeconds }: Pick<Cells, 'ran' | 'cpuSeconds' | 'gpuSeconds'>,
  cell: number,
): boolean {
  return ran[cell] === 0 && cpuSeconds[cell] === 0 && gpuSeconds[cell] === 0;
}

/** Decoded data, and the bytes of memory that it takes. */
export type Sized<Data> = { readonly data: Data; readonly bytes: number };

/** Returns the jobs of a segment from their stored form. */
export function decodeJobs(compressed: Uint8Array): Sized<Jobs> {
  const columns = decodeColumns(compressed);
  const end = addSteps(columns.i32('end'));
  const start = addSteps(columns.i32('start'), end);
  const data = {
    count: end.length,
    combination: columns.ids('combination'),
    submit: addSteps(columns.i32('submit'), start),
    start,
    end,
    cpus: columns.ids('cpus'),
    gpus: columns.ids('gpus'),
    nodes: columns.ids('nodes'),
    cpuSeconds: columns.has('cpuSeconds') ? columns.f64('cpuSeconds') : null,
    gpuSeconds: columns.has('gpuSeconds') ? columns.f64('gpuSeconds') : null,
  };
  return { data, bytes: columns.bytes };
}

/** Returns the cells of a segment from their stored form. */
export function decodeCells(compressed: Uint8Array): Sized<Cells> {
  const columns = decodeColumns(compressed);
  const day = columns.i16('day');
  const partition = columns.ids('partition');
  const data = {
    count: day.length,
    day,
    combination: columns.ids('combination'),
    combinations: {
      count: partition.length,
      partition,
      account: columns.ids('account'),
      user: columns.ids('user'),
      qos: columns.ids('qos'),
      state: columns.ids('state'),
    },
    ran: columns.ids('ran'),
    began: columns.ids('began'),
    cpuSeconds: columns.f64('cpuSeconds'),
    gpuSeconds: columns.f64('gpuSeconds'),
    nodeSeconds: columns.f64('nodeSeconds'),
  };
  return { data: { ...data, usageDays: usageDaysOf(data) }, bytes: columns.bytes };
}

function usageDaysOf(cells: Omit<Cells, 'usageDays'>): Cells['usageDays'] {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let cell = 0; cell < cells.count; cell++) {
    if (isEmptyCell(cells, cell)) continue;
    const day = cells.day[cell] ?? 0;
    first = Math.min(first, day);
    last = Math.max(last, day);
  }
  return first <= last ? { first, last } : null;
}

/** Returns the nodes of the jobs of a segment from their stored form, which has the number of nodes of each job. */
export function decodeNodeLists(compressed: Uint8Array): Sized<NodeLists> {
  const columns = decodeColumns(compressed);
  const counts = columns.ids('counts');
  const offsets = new Uint32Array(counts.length + 1);
  for (let job = 0; job < counts.length; job++) offsets[job + 1] = (offsets[job] ?? 0) + (counts[job] ?? 0);
  const ids = columns.ids('ids').slice();
  return { data: { offsets, ids }, bytes: offsets.byteLength + ids.byteLength };
}

/** @param compressed null if no job of the segment was sampled */
export function decodeSoftware(compressed: Uint8Array | null): Sized<SoftwareLists | null> {
  if (compressed === null) return { data: null, bytes: 0 };
  const columns = decodeColumns(compressed);
  const [offsets, ids, seconds] = [columns.u32('offsets'), columns.ids('ids'), columns.f64('seconds')];
  return { data: { offsets, ids, seconds, countedNodes: columns.ids('countedNodes') }, bytes: columns.bytes };
}
