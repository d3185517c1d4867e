/**
 * Returns the stream of a system's snapshots. It is delivered strictly oldest first, because the API merges equal
 * consecutive rows into spans.
 */
export function samStream(system: string): string {
  return `sam/${system}`;
}

/** Returns the path of the SAM API for a system's snapshots, below its address. */
export function samStatusPath(system: string): string {
  return `/api/v1/status/${system}`;
}

/** The stream of the outages of all systems; the API has one path for them. */
export const outageStream = 'sam/outage';
export const outagePath = '/api/v1/status/outage';

/** Returns the system of a snapshot stream; null for another stream. */
export function systemOfStream(stream: string): string | null {
  return stream.startsWith('sam/') && stream !== outageStream ? stream.slice('sam/'.length) : null;
}
