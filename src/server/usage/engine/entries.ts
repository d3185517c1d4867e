import type { Jobs } from '../segments/segment.ts';
import type { Segment } from './loaded.ts';

/**
 * Jobs of a segment in periods. A job has one entry, or one for each period in which it ran, and one for each of its
 * nodes if the question is by node.
 */
export type Entries = {
  readonly clusterIndex: number;
  readonly segment: Segment;
  readonly jobs: Jobs;
  readonly count: number;
  /** The index of the job in the segment. */
  readonly job: Int32Array;
  readonly period: Int32Array;
  /** The share of the usage of the job. */
  readonly share: Float64Array;
  /** The share of the job itself: 1, or one divided by its number of nodes. */
  readonly weight: Float64Array;
  /** 0 for the further entries of a job in later periods. */
  readonly isNew: Uint8Array;
  /** 0 for the entries of a job on its further nodes. */
  readonly isMain: Uint8Array;
  /** The id of the node, if the question is by node; 0 for a job without nodes. */
  readonly node: Int32Array;
  /** The number of the group, if the entries were divided among groups. */
  readonly group?: Int32Array;
};

/** Columns of entries that the segments of a scan use in turn. */
export type Buffers = {
  job: Int32Array;
  period: Int32Array;
  share: Float64Array;
  weight: Float64Array;
  isNew: Uint8Array;
  isMain: Uint8Array;
  node: Int32Array;
};

/** Returns entries that are whole and new, until a step changes them. */
export function buffersOf(length: number): Buffers {
  return {
    job: new Int32Array(length),
    period: new Int32Array(length),
    share: new Float64Array(length).fill(1),
    weight: new Float64Array(length).fill(1),
    isNew: new Uint8Array(length).fill(1),
    isMain: new Uint8Array(length).fill(1),
    node: new Int32Array(length),
  };
}

/** Returns the same entries with room for at least some more. */
export function grown(from: Buffers, more: number): Buffers {
  const to = buffersOf(Math.max(2 * from.job.length, from.job.length + more));
  to.job.set(from.job);
  to.period.set(from.period);
  to.share.set(from.share);
  to.weight.set(from.weight);
  to.isNew.set(from.isNew);
  return to;
}
