import type { CollectorSettings } from './collector.ts';
import { oneOf, secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';
import { proxyFor } from './proxy.ts';

/** The settings of the SAM API. */
export type SamSettings = CollectorSettings['destinations']['sam'] & {
  /** Without a slash at the end; null if none is configured. */
  readonly baseUrl: string | null;
  /** Null if they are missing; snapshots are stored in any case. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** The proxy to the API; null for none. */
  readonly proxy: string | null;
};

/** The environment variables of each setting; those of one setting are synonyms. */
export const samVariables = {
  url: ['STATUS_API_URL', 'SAM_API_URL'],
  user: ['STATUS_API_USER', 'SAM_API_USER'],
  password: ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD'],
} as const;

/** Returns the settings of the SAM API. Throws OperatorError for an invalid setting, not for a missing one. */
export function samSettings(collector: CollectorSettings, environment: Environment): SamSettings {
  return samSettingsAt(samAddress(collector, environment), collector, environment);
}

/** Like `samSettings`, for an address that was already checked. */
export function samSettingsAt(
  baseUrl: string | null,
  collector: CollectorSettings,
  environment: Environment,
): SamSettings {
  const { sam } = collector.destinations;
  const user = oneOf(environment, samVariables.user);
  const password = oneOf(environment, samVariables.password);
  return {
    ...sam,
    baseUrl,
    credentials: user !== undefined && password !== undefined ? { user, password } : null,
    timeout: secondsFrom(environment, 'API_TIMEOUT') ?? sam.timeout,
    proxy: baseUrl === null ? null : proxyFor(baseUrl, collector, environment),
  };
}

/** Returns the API's address in the form of `samBaseUrl`; null if none is set. Throws OperatorError with the remedy. */
export function samAddress({ destinations: { sam } }: CollectorSettings, environment: Environment): string | null {
  const address = oneOf(environment, samVariables.url, samBaseUrl) ?? sam.url;
  if (address === undefined) return null;
  return checkHttpAddress(samBaseUrl(address), sam.allow_insecure_http, {
    what: "the SAM API's address",
    setting: 'STATUS_API_URL',
    credentials: 'STATUS_API_USER and STATUS_API_PASSWORD',
    insecure: 'destinations.sam.allow_insecure_http',
  });
}

const statusPath = /\/api\/v1\/status\/?$/;

/** Returns the API's address without `/api/v1/status`, which some settings contain, and without a slash at the end. */
export function samBaseUrl(text: string): string {
  return text.trim().replace(/\/+$/, '').replace(statusPath, '').replace(/\/+$/, '');
}
