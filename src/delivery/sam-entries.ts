import type { System } from '../config/system.ts';

/** The destination of snapshots and outages unless the configuration names another. */
export const defaultDestination = 'sam';

/**
 * Returns the stream of a system's snapshots to a destination. To the SAM API it is delivered strictly oldest first,
 * because the API merges equal consecutive rows into spans.
 */
export function samStream(system: string, destination = defaultDestination): string {
  return `${destination}/${system}`;
}

/** Returns the stream from which the earlier snapshots of a system are read: that to its first destination. */
export function readBackStream({ system_name, deliver_to }: Pick<System, 'system_name' | 'deliver_to'>): string {
  return samStream(system_name, deliver_to[0]);
}

/** Returns the path of the SAM API for a system's snapshots, below its address. */
export function samStatusPath(system: string): string {
  return `/api/v1/status/${system}`;
}

/** The end of the streams of outages; no system has this name. */
const outages = 'outage';

/** Returns the stream of the outages of all systems to a destination; the API has one path for them. */
export function outageStream(destination = defaultDestination): string {
  return `${destination}/${outages}`;
}

export const outagePath = '/api/v1/status/outage';

/** True if a stream can have outages. A stream of a cluster's jobs can have this name too. */
export function mayBeOutageStream(stream: string): boolean {
  return stream.endsWith(`/${outages}`);
}

/** Returns the destination that a stream goes to: `sam` of `sam/derecho`. */
export function destinationOfStream(stream: string): string {
  return stream.slice(0, Math.max(0, stream.indexOf('/')));
}

/** Returns the system of a snapshot stream to one of these destinations; null for another stream. */
export function systemOfStream(stream: string, destinations: readonly string[]): string | null {
  const destination = destinationOfStream(stream);
  return destinations.includes(destination) && !mayBeOutageStream(stream) ? stream.slice(destination.length + 1) : null;
}
