import type { CollectorSettings } from './collector.ts';
import { addressSettingOf, defaultTimeouts, proxyOf, variablesOf } from './destinations.ts';
import { oneOf, secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';

/** The settings of a destination that takes jobs with a key: their records (`ingest`), or what they used (`sams`). */
export type IngestSettings = Omit<CollectorSettings['destinations']['ingest'], 'proxy' | 'kind'> & {
  readonly kind: 'ingest' | 'sams';
  /** Without a slash at the end; null if none is configured. */
  readonly baseUrl: string | null;
  /** The setting with the address, or for it, as messages name it. */
  readonly addressSetting: string;
  /** Null if it is missing; jobs are stored in any case. */
  readonly apiKey: string | null;
  /** The proxy to the API; null for none. */
  readonly proxy: string | null;
};

/** The settings of such a destination in `collector.yaml`. */
type Configured = Omit<CollectorSettings['destinations']['ingest'], 'timeout' | 'kind'> & {
  readonly kind: 'ingest' | 'sams';
  readonly timeout?: number | undefined;
};

/** Returns the settings of a destination at an address that was already checked. Throws OperatorError for a wrong one. */
export function ingestSettingsAt(
  name: string,
  baseUrl: string | null,
  configured: Configured,
  collector: CollectorSettings,
  environment: Environment,
): IngestSettings {
  return {
    ...configured,
    baseUrl,
    addressSetting: addressSettingOf(name, configured.url, environment),
    apiKey: oneOf(environment, variablesOf(name).key) ?? null,
    timeout: secondsFrom(environment, 'API_TIMEOUT') ?? configured.timeout ?? defaultTimeouts[configured.kind],
    proxy: baseUrl === null ? null : proxyOf(name, baseUrl, configured.proxy, collector, environment),
  };
}

/**
 * Returns the address of a destination without `/api/data/ingest`, which the setting can have; null if none is set.
 * Throws OperatorError if the address cannot be used.
 */
export function ingestAddress(
  name: string,
  { url, allow_insecure_http }: Pick<Configured, 'url' | 'allow_insecure_http'>,
  environment: Environment,
): string | null {
  const variables = variablesOf(name);
  const address = oneOf(environment, variables.url) ?? url;
  if (address === undefined) return null;
  const base = address
    .trim()
    .replace(/\/+$/, '')
    .replace(/\/api\/data\/ingest$/, '');
  return checkHttpAddress(base, allow_insecure_http, {
    what: name === 'ingest' ? "the usage-history API's address" : `the address of the destination ${name}`,
    setting: addressSettingOf(name, url, environment),
    credentials: variables.key[0],
    insecure: `destinations.${name}.allow_insecure_http`,
  });
}
