import type { Environment } from '../config/paths.ts';
import type { SamSettings } from '../config/sam.ts';
import type { System } from '../config/system.ts';
import { samDestination } from '../delivery/sam.ts';
import { samStatusPath } from '../delivery/sam-entries.ts';
import { type HttpReply, type HttpRequest, send } from '../lib/http.ts';
import { checkApi, isTheApis, unaddressed } from './api.ts';
import { type CheckResult, fail, pass, skip } from './finding.ts';

/**
 * Checks a status API, and whether it accepts each of these systems. `environment` is the environment of this process,
 * `name` that of the destination.
 */
export async function checkSam(
  sam: SamSettings,
  systems: readonly System[],
  envFile: string,
  environment: Environment,
  name = 'sam',
): Promise<readonly CheckResult[]> {
  const prefix = name === 'sam' ? '' : `${name} `;
  if (sam.baseUrl === null) return unaddressed.map((one) => ({ ...one, name: prefix + one.name }));
  const api = {
    prefix,
    description: 'the status API',
    baseUrl: sam.baseUrl,
    addressSetting: sam.addressSetting,
    settings: `destinations.${name}`,
    caFile: sam.ca_file,
    allowsInsecureHttp: sam.allow_insecure_http,
    who: sam.credentials === null ? null : `user ${sam.credentials.user}`,
    envFile,
    request: () => emptyRequest(sam, 'derecho', name),
    loginAccepted: 400,
  };
  const found = await checkApi(api, environment);
  const isAnswering = found.some((one) => one.name === `${prefix}API` && one.result === 'pass');
  // One after the other: the API limits requests per minute.
  for (const { system_name } of isAnswering ? systems : [])
    found.push(
      checkSystem(`${prefix}API ${system_name}`, system_name, await send(emptyRequest(sam, system_name, name))),
    );
  return found;
}

/** Checks that the API has a path for the system. It has one for each known system, and answers 404 for others. */
function checkSystem(name: string, system: string, reply: HttpReply): CheckResult {
  if (reply.kind === 'none') return skip(name, reply.reason);
  const { status } = reply;
  if (status === 400 && isTheApis(reply)) return pass(name, `the status API accepts snapshots of ${system}`);
  if (status === 404 || status === 405) {
    const remedy = `remove ${system} from systems: in collector.yaml   # SAM accepts derecho, casper and jupyterhub`;
    return fail(name, `the status API does not accept snapshots of ${system}: HTTP ${status}`, remedy);
  }
  return skip(name, `HTTP ${status} does not show whether the API accepts snapshots of ${system}`);
}

/**
 * Makes a request that stores nothing: the API checks the login first, and answers 400 to an empty object with a valid
 * login (measured on the real server). Without credentials, it still checks the rest.
 */
function emptyRequest(sam: SamSettings, system: string, name: string): HttpRequest {
  const destination = samDestination(
    { ...sam, credentials: sam.credentials ?? { user: '', password: '' } },
    undefined,
    name,
  );
  const entry = { id: '', method: 'POST', path: samStatusPath(system), failedProbes: [] } as const;
  const request = destination.request(entry, '{}');
  const { Authorization, 'Idempotency-Key': _, ...headers } = request.headers;
  const login = sam.credentials === null || Authorization === undefined ? {} : { Authorization };
  return { ...request, headers: { ...headers, ...login } };
}
