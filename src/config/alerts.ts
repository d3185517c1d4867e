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
 * Reads `notify` and `heartbeat_url`. `NOTIFY_WEBHOOK_URL` and `HEARTBEAT_URL` win over YAML, because these addresses
 * can be secrets. Throws OperatorError if one is not an address.
 */
export function alertSettings({ collector, environment }: Pick<Config, 'collector' | 'environment'>): AlertSettings {
  const { notify, heartbeat_url }: CollectorSettings = collector;
  return {
    command: notify.command ?? null,
    webhook: addressFrom(environment.NOTIFY_WEBHOOK_URL, 'NOTIFY_WEBHOOK_URL') ?? notify.webhook ?? null,
    stillAfterHours: notify.still_after_hours,
    heartbeatUrl: addressFrom(environment.HEARTBEAT_URL, 'HEARTBEAT_URL') ?? heartbeat_url ?? null,
    proxyTo: (url) => proxyFor(url, collector, environment),
  };
}

function addressFrom(text: string | undefined, variable: string): string | undefined {
  if (text === undefined || (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol))) return text;
  throw new OperatorError(`${variable} is no http or https URL: correct it`);
}
