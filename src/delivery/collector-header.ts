import { hostname } from 'node:os';
import { about } from '../lib/version.ts';

/** The data about the collector in a request: how many entries are pending for the destination besides the sent one. */
export type Sender = {
  /** Null if that is not known, because the outbox cannot be read. */
  readonly waiting: number | null;
};

/**
 * Returns the value of the header `X-Collector`: the host, the version and the number of pending entries, such as
 * `host=login1; version=0.2.0; waiting=230`. The receiver lists them.
 */
export function collectorHeader({ waiting }: Sender): string {
  const host = hostname().replace(/[^\w.-]/g, '-');
  return [`host=${host}`, `version=${about.version}`, ...(waiting === null ? [] : [`waiting=${waiting}`])].join('; ');
}
