import { defaultReceiverSettings } from '../../src/config/receiver.ts';
import type { AccessRules } from '../../src/server/auth/access.ts';
import { createAuth } from '../../src/server/auth/auth.ts';
import type { Api, Route } from '../../src/server/http/routing.ts';
import { createRequestCounts } from '../../src/server/monitoring/request-counts.ts';
import { apisOf } from '../../src/server/router.ts';
import type { Store } from '../../src/server/store/port.ts';

/** The APIs of a receiver on a store. `access` takes the place of its access rules. */
export async function allApis(store: Store, access?: AccessRules): Promise<Api[]> {
  const auth = await createAuth(store, { environmentKeys: ['key'], isPublic: false, anonymisesUsers: false });
  const limits = { maxBytes: 1000, idleSeconds: 1, totalSeconds: 1 };
  return apisOf({
    ...auth,
    ...(access && { access }),
    store,
    usage: { ask: () => Promise.reject(new Error('not asked')), close: () => undefined },
    ingest: { ingest: () => Promise.reject(new Error('not asked')), close: () => undefined },
    counts: createRequestCounts(),
    settings: defaultReceiverSettings,
    limits: { status: limits, usage: limits, login: limits },
    origins: new Set(['https://page.example.org']),
  });
}

/** Every route of a receiver on a store. */
export async function allRoutes(store: Store): Promise<Route[]> {
  return (await allApis(store)).flatMap((api) => api.routes);
}
