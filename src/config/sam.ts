import type { CollectorSettings } from './collector.ts';
import { oneOf, secondsFrom } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';
import { proxyFor } from './proxy.ts';

/** Where the SAM API is and how to speak with it. */
export type SamSettings = CollectorSettings['destinations']['sam'] & {
  /** Without a slash at the end; null where none is configured. */
  readonly baseUrl: string | null;
  /** Null where they are missing: what is collected is stored all the same. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** The proxy to reach it through; null for none. */
  readonly proxy: string | null;
};

/** The variables that name one thing. */
export const samVariables = {
  url: ['STATUS_API_URL', 'SAM_API_URL'],
  user: ['STATUS_API_USER', 'SAM_API_USER'],
  password: ['STATUS_API_PASSWORD', 'STATUS_API_KEY', 'SAM_API_PASSWORD'],
} as const;

/** All that is configured of the SAM API. Throws OperatorError for what cannot be used, not for what is missing. */
export function samSettings(collector: CollectorSettings, environment: Environment): SamSettings {
  return samSettingsAt(samAddress(collector, environment), collector, environment);
}

/** The same for an address that was looked at already. */
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

/** The API's address as `samBaseUrl` has it; null where there is none. Throws OperatorError with the mend. */
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

/** The API's address without the `/api/v1/status` that some of its settings carry, and without a slash at the end. */
export function samBaseUrl(text: string): string {
  return text.trim().replace(/\/+$/, '').replace(statusPath, '').replace(/\/+$/, '');
}
