import type { Environment } from '../config/paths.ts';
import type { SamSettings } from '../config/sam.ts';
import { samDestination } from '../delivery/sam.ts';
import type { HttpRequest } from '../lib/http.ts';
import { checkApi, unaddressed } from './api.ts';
import type { Finding } from './finding.ts';

/** Checks the SAM API. The environment is that of this process. */
export async function checkSam(
  sam: SamSettings,
  envFile: string,
  environment: Environment,
): Promise<readonly Finding[]> {
  if (sam.baseUrl === null) return unaddressed;
  const api = {
    prefix: '',
    description: 'the status API',
    baseUrl: sam.baseUrl,
    addressSetting: 'STATUS_API_URL',
    settings: 'destinations.sam',
    caFile: sam.ca_file,
    allowsInsecureHttp: sam.allow_insecure_http,
    who: sam.credentials === null ? null : `user ${sam.credentials.user}`,
    envFile,
    request: () => emptyRequest(sam),
    loginAccepted: 400,
  };
  return checkApi(api, environment);
}

/**
 * Makes a request that stores nothing: the API checks the login first, and answers 400 to an empty object with a valid
 * login (measured on the real server). Without credentials, it still checks the rest.
 */
function emptyRequest(sam: SamSettings): HttpRequest {
  const destination = samDestination({ ...sam, credentials: sam.credentials ?? { user: '', password: '' } });
  const entry = { id: '', method: 'POST', path: '/api/v1/status/derecho', failedProbes: [] } as const;
  const request = destination.request(entry, '{}');
  const { Authorization, 'Idempotency-Key': _, ...headers } = request.headers;
  const login = sam.credentials === null || Authorization === undefined ? {} : { Authorization };
  return { ...request, headers: { ...headers, ...login } };
}
