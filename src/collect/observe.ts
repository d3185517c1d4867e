import type { BatchSystem, System } from '../config/system.ts';
import type { Log } from '../lib/log.ts';
import { buildPayload, requiredProbes, zeroFields } from '../snapshot/payload.ts';
import { validate } from '../snapshot/validate.ts';
import type { Observation, Probing } from './observation.ts';
import { probeCluster } from './probe-cluster.ts';

/** Runs a system's probes; the log says why any failed. Returns null, and logs nothing, if `signal` is aborted. */
export async function observe(system: System, probing: Probing, log: Log): Promise<Observation | null> {
  switch (system.kind) {
    case 'batch':
      return observeCluster(system, probing, log);
    case 'hub': {
      // Most runs collect no hub: do not make its schemas at each start.
      const { observeHub } = await import('./observe-hub.ts');
      return observeHub(system, probing, log);
    }
  }
}

async function observeCluster(system: BatchSystem, probing: Probing, log: Log): Promise<Observation | null> {
  const probed = await probeCluster(system, probing, log);
  if (probed === null) return null;
  const { findings, failedProbes, everyProbeFailed } = probed;
  const missing = requiredProbes.filter((probe) => findings[probe] === null);
  return {
    failedProbes,
    everyProbeFailed,
    missing: missing.map((probe) => {
      const zeros = zeroFields(probe, system);
      return { probe, fields: Object.keys(zeros), zeros };
    }),
    snapshot: (time, repeated) => validate(buildPayload(system, findings, time, repeated)),
  };
}
