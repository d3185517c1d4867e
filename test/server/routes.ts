import { defaultReceiverSettings } from '../../src/config/receiver.ts';
import { createAccessRules } from '../../src/server/auth/access.ts';
import { createAuthenticator } from '../../src/server/auth/authentication.ts';
import { createIdentify } from '../../src/server/auth/identify.ts';
import { createKeyRing } from '../../src/server/auth/key-ring.ts';
import { createSessions } from '../../src/server/auth/sessions.ts';
import type { Route } from '../../src/server/http/routing.ts';
import { createRequestCounts } from '../../src/server/monitoring/request-counts.ts';
import { apisOf } from '../../src/server/router.ts';
import type { Store } from '../../src/server/store/port.ts';

/** Every route of a receiver on a store. */
export function allRoutes(store: Store): Route[] {
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
  return apis.flatMap((api) => api.routes);
}
