import { afterAll, beforeAll, expect, test } from 'bun:test';
import { defaultReceiverSettings } from '../../src/config/receiver.ts';
import { createAccessRules } from '../../src/server/auth/access.ts';
import { createAuthenticator } from '../../src/server/auth/authentication.ts';
import { createIdentify } from '../../src/server/auth/identify.ts';
import { createKeyRing } from '../../src/server/auth/key-ring.ts';
import { createSessions } from '../../src/server/auth/sessions.ts';
import { RequestProblem } from '../../src/server/http/problem.ts';
import type { Route } from '../../src/server/http/routing.ts';
import { createRequestCounts } from '../../src/server/monitoring/request-counts.ts';
import { pageRoutes } from '../../src/server/pages/routes.ts';
import { apisOf } from '../../src/server/router.ts';
import { openStore } from '../../src/server/store/open.ts';
import type { Store } from '../../src/server/store/port.ts';
import { freshDatabasePath } from './helper.ts';

const { path, remove } = freshDatabasePath();
let store: Store;
beforeAll(async () => {
  store = await openStore(path);
});
afterAll(async () => {
  await store.close();
  remove();
});

/** The routes that anybody may use, besides the pages of the dashboard, which have no data. */
const open = [
  'GET ^/api/dashboard/health$',
  'GET ^/api/v2/openapi.json$',
  'GET ^/healthz$',
  'GET ^/readyz$',
  'POST ^/api/v1/session$',
  'GET ^/api/v1/session$',
  'DELETE ^/api/v1/session$',
];

test('every route but these refuses a request without credentials', async () => {
  const keyRing = createKeyRing(store, ['key']);
  const authenticator = createAuthenticator(store, keyRing);
  const sessions = createSessions(store);
  const identify = createIdentify(authenticator, keyRing, sessions);
  const limits = { maxBytes: 1000, idleSeconds: 1, totalSeconds: 1 };
  const apis = apisOf({
    store,
    usage: { ask: () => Promise.reject(new Error('not asked')), close: () => undefined },
    authenticator,
    sessions,
    counts: createRequestCounts(),
    access: createAccessRules({ identify, keyRing, isPublic: false, alias: (name) => name }),
    settings: defaultReceiverSettings,
    limits: { status: limits, usage: limits, login: limits },
    origins: new Set(),
  });
  const routes = apis.flatMap((api) => api.routes);
  expect(routes.length).toBeGreaterThan(open.length);
  const answered: string[] = [];
  for (const one of routes) {
    const { method, answer } = one;
    const url = new URL('http://localhost/');
    const client = { address: '203.0.113.7', isLocal: false, origin: url.origin, prefix: '' };
    const call = { request: new Request(url.href, { method }), url, client, parameters: { system: 's', cluster: 'c' } };
    const refused = await answer(call).catch((error: unknown) => error);
    if (!(refused instanceof RequestProblem && refused.status === 401)) answered.push(nameOf(one));
  }
  const pages = pageRoutes(() => Promise.resolve(null)).map(nameOf);
  expect(answered.filter((name) => !pages.includes(name))).toEqual(open);
  expect(pages.filter((name) => /api|metrics|calendar|atom/.test(name))).toEqual([]);
});

function nameOf({ method, pattern }: Route): string {
  return `${method} ${pattern.source.replaceAll('\\/', '/')}`;
}
