import type { Access } from '../http/routing.ts';
import type { Authenticator } from './authentication.ts';
import { type KeyHolder, type KeyRing, requireCluster } from './key-ring.ts';

/** The rules of access that routes choose from. */
export type AccessRules = {
  /** Anybody. */
  readonly open: Access<null>;
  /** A user by name and password. Returns the name. */
  readonly user: Access<string>;
  /** The holder of an API key, for any cluster: the body names the cluster, and the handler checks it. */
  readonly keyHolder: Access<KeyHolder>;
  /** A user, or the holder of a key for the cluster that the path names. */
  readonly clusterReader: Access<null>;
};

/** Returns the rules for the users and keys of a receiver. */
export function createAccessRules(authenticator: Authenticator, keyRing: KeyRing): AccessRules {
  return {
    open: () => Promise.resolve(null),
    user: ({ request }) => authenticator.authenticate(request.headers),
    keyHolder: ({ request }) => keyRing.holder(request.headers),
    async clusterReader({ request, parameters }) {
      if (request.headers.has('x-api-key')) {
        requireCluster(await keyRing.holder(request.headers), parameters.cluster ?? '');
      } else await authenticator.authenticate(request.headers);
      return null;
    },
  };
}
