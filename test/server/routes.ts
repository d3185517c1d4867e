import { defaultReceiverSettings } from '../../src/config/receiver.ts';
import { createAuth } from '../../src/server/auth/auth.ts';
import type { Route } from '../../src/server/http/routing.ts';
import { createRequestCounts } from '../../src/server/monitoring/request-counts.ts';
import { apisOf } from '../../src/server/router.ts';
import type { Store } from '../../src/server/store/port.ts';

/** Every route of a receiver on a store. */
export async function allRoutes(store: Store): Promise<Route[]> {
  const auth = await createAuth(store, { environmentKeys: ['key'], isPublic: false, anonymisesUsers: false });
  const limits = { maxBytes: 1000, idleSeconds: 1, totalSeconds: 1 };
  const apis = apisOf({
    ...auth,
    store,
    usage: { ask: () => Promise.reject(new Error('not asked')), close: () => undefined },
    ingest: { ingest: () => Promise.reject(new Error('not asked')), close: () => undefined },
    counts: createRequestCounts(),
    settings: defaultReceiverSettings,
    limits: { status: limits, usage: limits, login: limits },
    origins: new Set(),
  });
  return apis.flatMap((api) => api.routes);
}
