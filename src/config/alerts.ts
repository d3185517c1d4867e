import { isLoopback } from '../lib/address.ts';
import { OperatorError } from '../lib/errors.ts';
import type { CollectorSettings } from './collector.ts';
import type { Config } from './config.ts';
import { proxyFor } from './proxy.ts';

/** The settings of `notify` and `heartbeat_url`. */
export type AlertSettings = {
  /** The program that gets each message, with its arguments; null for none. */
  readonly command: readonly [string, ...string[]] | null;
  /** The address that gets each message as JSON; null for none. */
  readonly webhook: string | null;
  readonly stillAfterHours: number;
  readonly heartbeatUrl: string | null;
  /** Returns the proxy for an address; null for none. */
  readonly proxyTo: (url: string) => string | null;
};

/**
 * Returns the `notify` and `heartbeat_url` settings. Their addresses can be secrets, so the environment can set them as
 * `NOTIFY_WEBHOOK_URL` and `HEARTBEAT_URL`, and wins. Throws OperatorError if one is not an HTTP address, or if one is
 * plain HTTP to another host and `notify.allow_insecure_http` is not set.
 */
export function alertSettings({ collector, environment }: Pick<Config, 'collector' | 'environment'>): AlertSettings {
  const { notify, heartbeat_url }: CollectorSettings = collector;
  const addressOf = (variable: string, setting: string, inYaml: string | undefined) =>
    environment[variable] === undefined
      ? checked(inYaml, setting, notify.allow_insecure_http)
      : checked(environment[variable], variable, notify.allow_insecure_http);
  return {
    command: notify.command ?? null,
    webhook: addressOf('NOTIFY_WEBHOOK_URL', 'notify.webhook', notify.webhook),
    stillAfterHours: notify.still_after_hours,
    heartbeatUrl: addressOf('HEARTBEAT_URL', 'heartbeat_url', heartbeat_url),
    proxyTo: (url) => proxyFor(url, collector, environment),
  };
}

/** The messages name the setting and never show the address, which can be a secret. */
function checked(address: string | undefined, setting: string, allowInsecureHttp: boolean): string | null {
  if (address === undefined) return null;
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new OperatorError(`${setting} is not an http or https URL: correct it`);
  }
  if (url.protocol === 'http:' && !isLoopback(url) && !allowInsecureHttp) {
    throw new OperatorError(
      `${setting} is plain HTTP and would show its address and messages to the network: use https, or set notify.allow_insecure_http`,
    );
  }
  return address;
}
