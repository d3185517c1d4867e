import { destinationOfStream } from './sam-entries.ts';

/** Returns the stream of a cluster's finished jobs to a destination. */
export function ingestStream(cluster: string, destination = defaultJobsDestination): string {
  return `${destination}/${cluster}`;
}

/** The destination of finished jobs unless the configuration names another. */
export const defaultJobsDestination = 'ingest';

/** True if a stream has the finished jobs of a cluster: it goes to one of these destinations. */
export function isIngestStream(stream: string, destinations: readonly string[]): boolean {
  return destinations.includes(destinationOfStream(stream));
}

/** The path of the usage-history API for jobs, below its address. */
export const ingestPath = '/api/data/ingest';
