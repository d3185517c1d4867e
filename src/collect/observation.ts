import type { Validated } from '../snapshot/validate.ts';

/** A probe that failed and whose counts the API requires. */
export type Missing = {
  readonly probe: string;
  /** The fields of the payload that it gives. */
  readonly fields: readonly string[];
  /** What is sent where nothing better is known. */
  readonly zeros: Readonly<Record<string, unknown>>;
};

/** What a system's probes found, whatever the system is. */
export type Observation = {
  readonly failedProbes: readonly string[];
  readonly everyProbeFailed: boolean;
  readonly missing: readonly Missing[];
  /** The snapshot of a moment; `repeated` are the fields to send for what is missing. */
  snapshot(moment: Date, repeated: Readonly<Record<string, unknown>>): Validated;
};
