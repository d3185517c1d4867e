import type { CollectorSettings } from './collector.ts';
import { secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';
import { proxyFor } from './proxy.ts';

/** Where the usage-history API is and how to speak with it. */
export type IngestSettings = CollectorSettings['destinations']['ingest'] & {
  /** Without a slash at the end; null where none is configured. */
  readonly baseUrl: string | null;
  /** Null where it is missing: jobs are stored all the same. */
  readonly apiKey: string | null;
  /** The proxy to reach it through; null for none. */
  readonly proxy: string | null;
};

/** All that is configured of the usage-history API. Throws OperatorError for what cannot be used, not for what is missing. */
export function ingestSettings(collector: CollectorSettings, environment: Environment): IngestSettings {
  return ingestSettingsAt(ingestAddress(collector, environment), collector, environment);
}

/** The same for an address that was looked at already. */
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

/** The API's address, with or without `/api/data/ingest` in the setting; null where there is none. Throws OperatorError. */
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
