import type { AccessRules } from '../auth/access.ts';
import { type Route, route } from '../http/routing.ts';
import { getAsset, getPage } from './pages.ts';

const paths = [
  '/',
  '/systems/:system',
  '/systems/:system/history',
  '/outages',
  '/events',
  '/usage',
  '/usage/:kind/:name',
  '/jobs/:cluster/:id',
  '/collectors',
  '/about',
  '/sign-in',
];

/**
 * Returns the routes of the dashboard's pages and their files. They have no data, so anybody may load them. What a page
 * then asks for has the access rules of the data.
 * @param timeZone the IANA zone in which the pages show times
 */
export function pageRoutes(open: AccessRules['open'], timeZone: string): Route[] {
  const page = getPage({ timeZone });
  return [route('GET', '/assets/:file', open, getAsset()), ...paths.map((path) => route('GET', path, open, page))];
}
