import { variablesOf } from '../config/destinations.ts';
import type { IngestSettings } from '../config/ingest.ts';
import type { Environment } from '../config/paths.ts';
import { ingestDestination } from '../delivery/ingest.ts';
import { ingestPath } from '../delivery/ingest-entries.ts';
import type { HttpRequest } from '../lib/http.ts';
import { checkApi } from './api.ts';
import type { CheckResult } from './finding.ts';

/** Checks a usage-history API if its address is configured. `name` is that of the destination. */
export async function checkIngest(
  ingest: IngestSettings,
  envFile: string,
  environment: Environment,
  name = 'ingest',
): Promise<readonly CheckResult[]> {
  if (ingest.baseUrl === null) return [];
  const api = {
    prefix: `${name} `,
    description: 'the usage-history API',
    baseUrl: ingest.baseUrl,
    addressSetting: ingest.addressSetting,
    settings: `destinations.${name}`,
    caFile: ingest.ca_file,
    allowsInsecureHttp: ingest.allow_insecure_http,
    who: ingest.apiKey === null ? null : `the key in ${variablesOf(name).key[0]}`,
    envFile,
    request: () => emptyRequest(ingest, name),
    loginAccepted: 422,
  };
  return checkApi(api, environment);
}

/**
 * Makes a request that stores nothing: the API checks the key first, and answers 422 to an empty object with a valid
 * key (measured on the real server). Without a key, it still checks the rest.
 */
function emptyRequest(ingest: IngestSettings, name: string): HttpRequest {
  const destination = ingestDestination({ ...ingest, apiKey: ingest.apiKey ?? '' }, undefined, name);
  const request = destination.request({ id: '', method: 'POST', path: ingestPath, failedProbes: [] }, '{}');
  const { 'X-API-Key': key, 'Idempotency-Key': _, ...headers } = request.headers;
  return { ...request, headers: { ...headers, ...(key ? { 'X-API-Key': key } : {}) } };
}
