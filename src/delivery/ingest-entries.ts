/** Returns the stream of a cluster's finished jobs. */
export function ingestStream(cluster: string): string {
  return `ingest/${cluster}`;
}

/** True if a stream has the finished jobs of a cluster. */
export function isIngestStream(stream: string): boolean {
  return stream.startsWith('ingest/');
}

/** The path of the usage-history API for jobs, below its address. */
export const ingestPath = '/api/data/ingest';
