import { readAuthority } from '../config/authority.ts';
import type { DestinationSettings } from '../config/destination-settings.ts';
import type { HttpRequest } from '../lib/http.ts';
import { collectorHeader, type Sender } from './collector-header.ts';
import type { Sendable } from './destination.ts';

type Settings = Pick<DestinationSettings, 'ca_file' | 'timeout' | 'proxy'>;

/**
 * Returns a function that makes the request of an entry for a JSON API, with the settings of `destinations.<name>`, the
 * given headers, and that of the sender if there is one. Throws OperatorError if the certificate authority cannot be read.
 */
export function jsonRequests(
  name: string,
  baseUrl: string,
  settings: Settings,
): (entry: Sendable, body: string, sender: Sender | undefined, own: Readonly<Record<string, string>>) => HttpRequest {
  const { ca_file, timeout, proxy } = settings;
  const ca = ca_file === undefined ? null : readAuthority(ca_file, `destinations.${name}.ca_file`);
  return (entry, body, sender, own) => ({
    url: baseUrl + entry.path,
    method: entry.method,
    headers: {
      'Content-Type': 'application/json',
      Accept: 'application/json',
      'Idempotency-Key': entry.id,
      ...(sender === undefined ? {} : { 'X-Collector': collectorHeader(sender) }),
      ...own,
    },
    body,
    timeoutSeconds: timeout,
    ca,
    proxy,
  });
}
