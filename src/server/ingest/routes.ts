import { RequestProblem } from '../problem.ts';

/** What a request to the ingest API asks for. */
export type IngestRoute =
  | { readonly kind: 'ingest' }
  | { readonly kind: 'health' }
  | { readonly kind: 'statistics'; readonly cluster: string };

/** Whether a path is the ingest API's, which has words of its own for what is not there. */
export function isIngestPath(path: string): boolean {
  return path.startsWith('/api/data/') || path.startsWith('/api/dashboard/');
}

/**
 * Takes a method and a path as it is in the URL; returns what they ask for.
 * @throws RequestProblem 404 or 405
 */
export function ingestRouteOf(method: string, path: string): IngestRoute {
  if (path === '/api/data/ingest') {
    if (method === 'POST') return { kind: 'ingest' };
    // The API's own server answers 404 to a GET, because its page for all other paths takes it.
    if (method === 'GET') throw new RequestProblem(404, 'Not found');
    throw new RequestProblem(405, 'Method Not Allowed', { Allow: 'POST' });
  }
  const route = readingAt(path);
  if (!route) throw new RequestProblem(404, 'Not found');
  if (method !== 'GET') throw new RequestProblem(405, 'Method Not Allowed', { Allow: 'GET' });
  return route;
}

function readingAt(path: string): IngestRoute | null {
  if (path === '/api/dashboard/health') return { kind: 'health' };
  const cluster = /^\/api\/dashboard\/stats\/([^/%]+)$/.exec(path)?.[1];
  return cluster === undefined ? null : { kind: 'statistics', cluster };
}
