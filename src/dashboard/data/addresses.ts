import type { Dimension } from './usage.ts';

/** What a history can be of: all of a system, or one of its parts. */
export type HistoryOf =
  | 'totals'
  | 'queues'
  | 'node-types'
  | 'login-nodes'
  | 'filesystems'
  | 'users'
  | 'projects'
  | 'reservations';

/** Returns the address of the page of a system. */
export function systemPage(system: string): string {
  return `/systems/${encodeURIComponent(system)}`;
}

/**
 * Returns the address of the page with a history.
 * @param part the kind of part and its name; `totals` and empty for the system itself
 */
export function historyPage(system: string, part: HistoryOf, name: string, field = ''): string {
  const query = new URLSearchParams({ of: part });
  if (name !== '') query.set('name', name);
  if (field !== '') query.set('field', field);
  return `${systemPage(system)}/history?${query}`;
}

/** Returns the address of the data of a history, with the outages in its period. */
export function historyData(system: string, part: HistoryOf, name: string, period: URLSearchParams): string {
  const path = part === 'totals' ? '' : `/${part}${name === '' ? '' : `/${encodeURIComponent(name)}`}`;
  const query = new URLSearchParams([...period, ['include', 'outages']]);
  return `/api/v1/status/${encodeURIComponent(system)}${path}/history?${query}`;
}

/** Returns the address of the data of all users or projects over time, with the outages in its period. */
export function usersData(system: string, by: 'user' | 'project', question: URLSearchParams): string {
  const query = new URLSearchParams([...question, ['include', 'outages']]);
  return `/api/v1/status/${encodeURIComponent(system)}/${by}s?${query}`;
}

/** Returns the address of the page with the usage of a user, an account or another group. */
export function usageOf(dimension: Dimension, name: string): string {
  return `/usage/${dimension}/${encodeURIComponent(name)}`;
}

/** Returns the address of the page of a job. */
export function jobPage(cluster: string, id: string): string {
  return `/jobs/${encodeURIComponent(cluster)}/${encodeURIComponent(id)}`;
}
