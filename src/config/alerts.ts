import { OperatorError } from '../lib/errors.ts';
import type { CollectorSettings } from './collector.ts';
import type { Config } from './config.ts';
import { proxyFor } from './proxy.ts';

/** Who is told of health, and how. */
export type AlertSettings = {
  /** A program and its arguments; null where none is run. */
  readonly command: readonly [string, ...string[]] | null;
  /** Null where nothing is posted. */
  readonly webhook: string | null;
  readonly stillAfterHours: number;
  readonly heartbeatUrl: string | null;
  /** The proxy through which an address is reached. */
  readonly proxyTo: (url: string) => string | null;
};

/**
 * The `notify` and `heartbeat_url` of the configuration. Their addresses may be secrets: the environment has them as
 * `NOTIFY_WEBHOOK_URL` and `HEARTBEAT_URL`, and wins. Throws OperatorError for one that is no address.
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
