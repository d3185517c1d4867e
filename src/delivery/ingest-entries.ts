/** The stream of a cluster's finished jobs. */
export function ingestStream(cluster: string): string {
  return `ingest/${cluster}`;
}

/** Whether a stream has the finished jobs of a cluster. */
export function isIngestStream(stream: string): boolean {
  return stream.startsWith('ingest/');
}

/** Where the usage-history API takes jobs, below its address. */
export const ingestPath = '/api/data/ingest';
