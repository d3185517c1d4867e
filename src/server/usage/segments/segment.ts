import { type Decoded, decodeColumns } from './columns.ts';

/** Ids of names, or other whole numbers that are mostly below 65,536. */
export type Ids = Uint16Array | Uint32Array;

/** The dimensions that jobs have as names. */
export const nameDimensions = ['partition', 'account', 'user', 'qos', 'state'] as const;
export type NameDimension = (typeof nameDimensions)[number];

/** A column of ids for each dimension. Id 0 is an absent QOS. */
export type Named = Readonly<Record<NameDimension, Ids>>;

/** The value of `start` and `end` of a job that has no such time. */
export const noTime = -(2 ** 31);
/** The value of `startDay` of a job that has no start. */
export const noDay = -(2 ** 15);

/**
 * The jobs of a segment. Times are seconds from the beginning of its day, and days are counted from its day. A time more
 * than 68 years, or a day more than 89 years, away from it is stored as the farthest one.
 */
export type Jobs = Named & {
  readonly count: number;
  readonly submit: Int32Array;
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly submitDay: Int16Array;
  readonly startDay: Int16Array;
  readonly cpus: Uint32Array;
  readonly gpus: Ids;
  readonly nodes: Ids;
  /** CPU and GPU seconds; null if each job has its CPUs (GPUs) times its duration. */
  readonly cpuSeconds: Float64Array | null;
  readonly gpuSeconds: Float64Array | null;
};

/** The nodes of the jobs of a segment: those of job `n` are `ids[offsets[n]]` to `ids[offsets[n + 1] - 1]`. */
export type NodeLists = { readonly offsets: Uint32Array; readonly ids: Ids };

/**
 * What the jobs of a segment used, by the day on which they used it, partition, account, user, QOS and state. Usage is
 * divided at midnight, in proportion to the time. A job without a start or an end is on the day of the segment with
 * whatever it used, and does not count as a job that ran.
 */
export type Cells = Named & {
  readonly count: number;
  /** Counted from the day of the segment. */
  readonly day: Int16Array;
  /** Jobs that ran on that day, and those of them whose first day it is. */
  readonly ran: Uint32Array;
  readonly began: Uint32Array;
  readonly cpuSeconds: Float64Array;
  readonly gpuSeconds: Float64Array;
  readonly nodeSeconds: Float64Array;
};

/** True for a cell of jobs that never ran and used nothing. */
export function isEmptyCell({ ran, cpuSeconds, gpuSeconds }: Cells, cell: number): boolean {
  return ran[cell] === 0 && cpuSeconds[cell] === 0 && gpuSeconds[cell] === 0;
}

/** Decoded data, and the bytes of memory that it takes. */
export type Sized<Data> = { readonly data: Data; readonly bytes: number };

export function decodeJobs(compressed: Uint8Array): Sized<Jobs> {
  const columns = decodeColumns(compressed);
  const submit = columns.i32('submit');
  const data = {
    ...named(columns),
    count: submit.length,
    submit,
    start: columns.i32('start'),
    end: columns.i32('end'),
    submitDay: columns.i16('submitDay'),
    startDay: columns.i16('startDay'),
    cpus: columns.u32('cpus'),
    gpus: columns.ids('gpus'),
    nodes: columns.ids('nodes'),
    cpuSeconds: columns.has('cpuSeconds') ? columns.f64('cpuSeconds') : null,
    gpuSeconds: columns.has('gpuSeconds') ? columns.f64('gpuSeconds') : null,
  };
  return { data, bytes: columns.bytes };
}

export function decodeCells(compressed: Uint8Array): Sized<Cells> {
  const columns = decodeColumns(compressed);
  const day = columns.i16('day');
  const data = {
    ...named(columns),
    count: day.length,
    day,
    ran: columns.u32('ran'),
    began: columns.u32('began'),
    cpuSeconds: columns.f64('cpuSeconds'),
    gpuSeconds: columns.f64('gpuSeconds'),
    nodeSeconds: columns.f64('nodeSeconds'),
  };
  return { data, bytes: columns.bytes };
}

export function decodeNodeLists(compressed: Uint8Array): Sized<NodeLists> {
  const columns = decodeColumns(compressed);
  return { data: { offsets: columns.u32('offsets'), ids: columns.ids('ids') }, bytes: columns.bytes };
}

function named(columns: Decoded): Named {
  return {
    partition: columns.ids('partition'),
    account: columns.ids('account'),
    user: columns.ids('user'),
    qos: columns.ids('qos'),
    state: columns.ids('state'),
  };
}
