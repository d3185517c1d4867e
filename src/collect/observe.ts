import type { BatchSystem, System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import type { Log } from '../lib/log.ts';
import { buildPayload, requiredProbes, zeroFields } from '../snapshot/payload.ts';
import { type Validated, validate } from '../snapshot/validate.ts';
import { observeHub } from './observe-hub.ts';
import { probeCluster } from './probe-cluster.ts';

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

/** Runs a system's probes; each that fails is one line of log. */
export function observe(system: System, executor: Executor, log: Log): Promise<Observation> {
  switch (system.kind) {
    case 'batch':
      return observeCluster(system, executor, log);
    case 'hub':
      return observeHub(system, executor, log);
  }
}

async function observeCluster(system: BatchSystem, executor: Executor, log: Log): Promise<Observation> {
  const { findings, failedProbes, everyProbeFailed } = await probeCluster(system, executor, log);
  const missing = requiredProbes.filter((probe) => findings[probe] === null);
  return {
    failedProbes,
    everyProbeFailed,
    missing: missing.map((probe) => {
      const zeros = zeroFields(probe, system);
      return { probe, fields: Object.keys(zeros), zeros };
    }),
    snapshot: (moment, repeated) => validate(buildPayload(system, findings, moment, repeated)),
  };
}
