/** The stream of a system's snapshots: delivered strictly oldest first, because the API folds equal rows into spans. */
export function samStream(system: string): string {
  return `sam/${system}`;
}

/** Where the SAM API takes a system's snapshots, below its address. */
export function samStatusPath(system: string): string {
  return `/api/v1/status/${system}`;
}

/** The stream of outages, whatever system they are of, and where the API takes them. */
export const outageStream = 'sam/outage';
export const outagePath = '/api/v1/status/outage';

/** The system whose snapshots a stream has; null where it has others' or none. */
export function systemOfStream(stream: string): string | null {
  return stream.startsWith('sam/') && stream !== outageStream ? stream.slice('sam/'.length) : null;
}
