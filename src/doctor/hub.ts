import type { HubSystem } from '../config/hub.ts';
import type { Executor } from '../exec/command.ts';
import { probeUsers } from '../jupyterhub/probes.ts';
import { type CheckResult, fail, pass, warn } from './finding.ts';

/** Asks a hub for its users, as a collection does. A hub that is down does not prevent a run. */
export async function checkHub(system: HubSystem, executor: Executor): Promise<CheckResult> {
  const name = `${system.system_name} hub`;
  const { probed } = await probeUsers(system, executor);
  const see = `curl -sS ${system.url}/hub/api/`;
  if (probed.kind === 'failed')
    return fail(name, probed.reason, `${see}   # then correct ${system.system_name}.yaml or env`);
  if ('unavailable' in probed.value) return warn(name, probed.value.unavailable, see);
  return pass(name, `${system.url} answers`);
}
