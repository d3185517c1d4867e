import type { Executor } from '../exec/command.ts';
import type { Validated } from '../snapshot/validate.ts';

/** A failed probe whose counts the API requires. */
export type Missing = {
  readonly probe: string;
  /** The payload fields that the probe provides. */
  readonly fields: readonly string[];
  /** The values to send if no better ones are known. */
  readonly zeros: Readonly<Record<string, unknown>>;
};

/** The results of the probes of a system of any kind. */
export type Observation = {
  readonly failedProbes: readonly string[];
  readonly everyProbeFailed: boolean;
  readonly missing: readonly Missing[];
  /** Makes the snapshot at a time; `repeated` has the fields for missing probes. */
  snapshot(time: Date, repeated: Readonly<Record<string, unknown>>): Validated;
};

/** The executor that starts the commands of a system's probes; once `signal` is aborted they are killed, and their results mean nothing. */
export type Probing = { readonly executor: Executor; readonly signal: AbortSignal };
