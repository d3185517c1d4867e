import type { CollectorSettings } from './collector.ts';
import { secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';
import { proxyFor } from './proxy.ts';

/** The settings of the usage-history API. */
export type IngestSettings = CollectorSettings['destinations']['ingest'] & {
  /** Without a slash at the end; null if none is configured. */
  readonly baseUrl: string | null;
  /** Null if it is missing; jobs are stored in any case. */
  readonly apiKey: string | null;
  /** The proxy to the API; null for none. */
  readonly proxy: string | null;
};

/** Returns the settings of the usage-history API. Throws OperatorError for an invalid setting, not for a missing one. */
export function ingestSettings(collector: CollectorSettings, environment: Environment): IngestSettings {
  return ingestSettingsAt(ingestAddress(collector, environment), collector, environment);
}

/** Like `ingestSettings`, for an address that was already checked. */
export function ingestSettingsAt(
  baseUrl: string | null,
  collector: CollectorSettings,
  environment: Environment,
): IngestSettings {
  const { ingest } = collector.destinations;
  return {
    ...ingest,
    baseUrl,
    apiKey: environment.INGEST_API_KEY ?? null,
    timeout: secondsFrom(environment, 'API_TIMEOUT') ?? ingest.timeout,
    proxy: baseUrl === null ? null : proxyFor(baseUrl, collector, environment),
  };
}

/**
 * Returns the API's address without `/api/data/ingest`, which the setting can have; null if none is set. Throws
 * OperatorError if the address cannot be used.
 */
export function ingestAddress(
  { destinations: { ingest } }: CollectorSettings,
  environment: Environment,
): string | null {
  const address = environment.INGEST_API_URL ?? ingest.url;
  if (address === undefined) return null;
  const base = address
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/data\/ingest$/, '');
  return checkHttpAddress(base, ingest.allow_insecure_http, {
    what: "the usage-history API's address",
    setting: 'INGEST_API_URL',
    credentials: 'INGEST_API_KEY',
    insecure: 'destinations.ingest.allow_insecure_http',
  });
}
