import type { CollectorSettings } from './collector.ts';
import { addressSettingOf, defaultTimeouts, proxyOf, variablesOf } from './destinations.ts';
import { oneOf, secondsFrom, setOrFirst } from './environment.ts';
import { checkHttpAddress } from './http-address.ts';
import type { Environment } from './paths.ts';

/** The settings of a destination that speaks the SAM API. */
export type SamSettings = Omit<CollectorSettings['destinations']['sam'], 'proxy'> & {
  /** Without a slash at the end; null if none is configured. */
  readonly baseUrl: string | null;
  /** The setting with the address, or for it, as messages name it. */
  readonly addressSetting: string;
  /** Null if they are missing; snapshots are stored in any case. */
  readonly credentials: { readonly user: string; readonly password: string } | null;
  /** The variables of the login, as messages name them. */
  readonly loginSetting: string;
  /** The proxy to the API; null for none. */
  readonly proxy: string | null;
};

/** The settings of such a destination in `collector.yaml`. */
type Configured = Omit<CollectorSettings['destinations']['sam'], 'timeout'> & { readonly timeout?: number | undefined };

/** Returns the settings of a destination at an address that was already checked. Throws OperatorError for a wrong one. */
export function samSettingsAt(
  name: string,
  baseUrl: string | null,
  configured: Configured,
  collector: CollectorSettings,
  environment: Environment,
): SamSettings {
  const variables = variablesOf(name);
  const user = oneOf(environment, variables.user);
  const password = oneOf(environment, variables.password);
  return {
    ...configured,
    baseUrl,
    addressSetting: addressSettingOf(name, configured.url, environment),
    loginSetting: `${setOrFirst(environment, variables.user)} and ${setOrFirst(environment, variables.password)}`,
    credentials: user !== undefined && password !== undefined ? { user, password } : null,
    timeout: secondsFrom(environment, 'API_TIMEOUT') ?? configured.timeout ?? defaultTimeouts.sam,
    proxy: baseUrl === null ? null : proxyOf(name, baseUrl, configured.proxy, collector, environment),
  };
}

/** Returns the address of a destination in the form of `samBaseUrl`; null if none is set. Throws OperatorError. */
export function samAddress(
  name: string,
  { url, allow_insecure_http }: Pick<Configured, 'url' | 'allow_insecure_http'>,
  environment: Environment,
): string | null {
  const variables = variablesOf(name);
  const address = oneOf(environment, variables.url, samBaseUrl) ?? url;
  if (address === undefined) return null;
  return checkHttpAddress(samBaseUrl(address), allow_insecure_http, {
    what: name === 'sam' ? "the SAM API's address" : `the address of the destination ${name}`,
    setting: addressSettingOf(name, url, environment),
    credentials: `${variables.user[0]} and ${variables.password[0]}`,
    insecure: `destinations.${name}.allow_insecure_http`,
  });
}

const statusPath = /\/api\/v1\/status\/?$/;

/** Returns the API's address without `/api/v1/status`, which some settings contain, and without a slash at the end. */
export function samBaseUrl(text: string): string {
  return text.trim().replace(/\/+$/, '').replace(statusPath, '').replace(/\/+$/, '');
}
