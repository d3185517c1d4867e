import type { CollectorStream } from '../store/collectors.ts';

/** A collector, with its streams. Times are canonical text (timestamp.ts). */
export type CollectorStatus = {
  readonly host: string;
  readonly version: string;
  /** The entries that are still pending for this receiver; null if the collector did not say it. */
  readonly waiting: number | null;
  readonly last_request: string;
  readonly last_delivery: string | null;
  readonly streams: readonly StreamStatus[];
};

export type StreamStatus = {
  readonly kind: CollectorStream['kind'];
  /** The system or cluster; null for outages, and if a refused request did not say it. */
  readonly name: string | null;
  readonly last_delivery: string | null;
  /** The timestamp of the newest snapshot, and the seconds until it was received; null for other streams. */
  readonly timestamp: string | null;
  readonly delay: number | null;
  /** The probes that failed when the newest snapshot was collected. */
  readonly failed_probes: readonly string[];
  /** The last refused request; `reason` is null for a client that must not see names of people. */
  readonly refused: { readonly at: string; readonly status: number; readonly reason: string | null } | null;
};
