import type { Client } from '../http/client.ts';

/** The versions of the API. They differ in the words for the types of resources. */
export type Version = 'v1' | 'v2';

/** Makes the URIs of objects, absolute and as the client sees the receiver. */
export type Uris = {
  readonly facility: string;
  resource(id: string): string;
  incident(id: string): string;
  event(id: string): string;
  site(id: string): string;
};

/** Returns the address of the receiver as the client sees it, without a slash at the end. */
export function serverOf({ origin, prefix }: Client): string {
  return `${origin}${prefix}`;
}

/** Returns the URIs of a version of the API for a client. */
export function urisFor(client: Client, version: Version): Uris {
  const base = `${serverOf(client)}/api/${version}`;
  const below = (path: string) => (id: string) => `${base}/${path}/${encodeURIComponent(id)}`;
  return {
    facility: `${base}/facility`,
    resource: below('status/resources'),
    incident: below('status/incidents'),
    event: below('status/events'),
    site: below('facility/sites'),
  };
}

/** Returns canonical text (timestamp.ts) as the API writes times: `2026-02-21T12:00:00Z`. */
export function apiTime(timestamp: string): string {
  return `${timestamp}Z`;
}
