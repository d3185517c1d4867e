import type { BatchSystem, System } from '../config/system.ts';
import type { Executor } from '../exec/command.ts';
import type { Log } from '../lib/log.ts';
import { buildPayload, requiredProbes, zeroFields } from '../snapshot/payload.ts';
import { validate } from '../snapshot/validate.ts';
import type { Observation } from './observation.ts';
import { observeHub } from './observe-hub.ts';
import { probeCluster } from './probe-cluster.ts';

/** Runs a system's probes; the log says why any failed. */
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
