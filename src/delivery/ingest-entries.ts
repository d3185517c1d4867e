/** The stream of a cluster's finished jobs. */
export function ingestStream(cluster: string): string {
  return `ingest/${cluster}`;
}

/** Where the usage-history API takes jobs, below its address. */
export const ingestPath = '/api/data/ingest';
