import type { JobFilter } from './filter.ts';
import type { Dimension } from './grouping.ts';
import type { Measure } from './measures.ts';
import type { PeriodKind } from './periods.ts';
import type { Axis } from './scan.ts';

/** A question about the jobs of some clusters. */
export type Question = {
  readonly clusters: readonly string[];
  readonly axis: Axis;
  /** Days as `2026-11-20`, both included; null for the first and the last day that has something. */
  readonly from: string | null;
  readonly to: string | null;
  readonly by: Dimension | null;
  /** The levels of account names that make a group; 0 for whole names. */
  readonly levels: number;
  readonly period: PeriodKind | null;
  readonly measures: readonly Measure[];
  /** The number of groups that are named; the others are one. */
  readonly top: number | null;
  readonly filter: JobFilter;
  /** Labels of size classes; null for all. */
  readonly sizes: readonly string[] | null;
  /** Names of nodes; null for all. */
  readonly nodes: readonly string[] | null;
  /** Names of software, of which a job must have run one; null for all jobs. */
  readonly software: readonly string[] | null;
  /** Whether the totals of the window before are in the answer. */
  readonly compare: boolean;
};
