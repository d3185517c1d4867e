import { RequestProblem } from '../http/problem.ts';
import type { Access, Call } from '../http/routing.ts';
import { type Account, loginRequired, type ReadingClient, requireScope, type ShownName } from './caller.ts';
import type { Identify } from './identify.ts';
import type { KeyRing } from './key-ring.ts';
import { permits, type Scope } from './scope.ts';

/**
 * The rules of access that routes choose from. Each returns the caller to the handler before the body is read, or throws
 * RequestProblem: 401 without valid credentials, 403 without the scope.
 */
export type AccessRules = {
  /** Any client, without authentication: for health checks and the pages of the dashboard. */
  readonly open: Access<null>;
  /** Any client. Returns the user or key of the client and its rights to read. */
  readonly visitor: Access<Visitor>;
  /**
   * A client that may read: on loopback, with `--public`, or with the scope `read`. The handler shows names of people
   * only through `shownName` of the result.
   */
  readonly reader: Access<ReadingClient>;
  /** As `reader`, but `--public` is not enough: for what concerns operators, such as the hosts of collectors. */
  readonly insider: Access<ReadingClient>;
  /** As `reader`, for data that make no sense without names of people: the client must be allowed to see them. */
  readonly nameReader: Access<ReadingClient>;
  /** As `reader`, or the holder of `write:CLUSTER` of the cluster that the path names. */
  readonly clusterReader: Access<ReadingClient>;
  /**
   * As `reader`, or the holder of `write:CLUSTER` for some cluster. The request names clusters in its query or body, so
   * the handler shows only those that `mayReadCluster` permits.
   */
  readonly usageReader: Access<UsageClient>;
  /** The holder of `write:SYSTEM` of the system that the path names. */
  readonly systemWriter: Access<Account>;
  /**
   * The holder of an API key in `X-API-Key`. The body names the cluster, so the handler calls
   * `requireScope(account, 'write:CLUSTER')`.
   */
  readonly keyHolder: Access<Account>;
  /** The holder of `outages`: may report, change and delete outages of every system. */
  readonly outageWriter: Access<Account>;
  /** The holder of `admin`: for what concerns the receiver itself. */
  readonly admin: Access<Account>;
};

/** A client, and whether it may read: at all, and without `--public`. */
export type Visitor = ReadingClient & { readonly mayRead: boolean; readonly isInsider: boolean };

/** A client that may read the jobs of some clusters. */
export type UsageClient = ReadingClient & { readonly mayReadCluster: (name: string) => boolean };

/** The stores and settings that the rules use. */
export type AccessParts = {
  readonly identify: Identify;
  readonly keyRing: KeyRing;
  /** True if everybody may read, without names of people. */
  readonly isPublic: boolean;
  /** Returns the name that is shown in the place of a person's name. */
  readonly alias: (name: string) => string;
};

/** A user sees the own name, and a client that is no user none. */
function onlyOwnName(account: Account | null): ShownName {
  return (name) => (account?.kind === 'user' && account.name === name ? name : null);
}

/** Returns the rules of a receiver. */
export function createAccessRules({ identify, keyRing, isPublic, alias }: AccessParts): AccessRules {
  async function holderOf(call: Call, needed: Scope): Promise<Account> {
    const account = await identify(call);
    if (account === null) throw loginRequired(call.request.headers);
    requireScope(account, needed);
    return account;
  }

  /** @param also a further scope that permits reading */
  async function visitorOf(call: Call, also: Scope = 'read'): Promise<Visitor> {
    const account = await identify(call);
    const { isLocal } = call.client;
    const scopes = account?.scopes ?? [];
    const isInsider = isLocal || permits(scopes, 'read');
    const mayRead = isInsider || isPublic || permits(scopes, also);
    const seesNames = account === null ? isLocal : permits(scopes, 'read:names');
    return { account, mayRead, isInsider, seesNames, shownName: seesNames ? alias : onlyOwnName(account) };
  }

  async function readerOf(call: Call, also?: Scope): Promise<ReadingClient> {
    return permitted(call, await visitorOf(call, also));
  }

  function permitted(call: Call, visitor: Visitor): Visitor {
    return visitor.mayRead ? visitor : refused(call, visitor, 'read');
  }

  /** @throws RequestProblem 401 or 403 for a client without a scope */
  function refused<Client extends ReadingClient>({ request }: Call, client: Client, needed: Scope): Client {
    if (client.account === null) throw loginRequired(request.headers);
    requireScope(client.account, needed);
    return client;
  }

  return {
    open: () => Promise.resolve(null),
    visitor: (call) => visitorOf(call),
    reader: (call) => readerOf(call),
    async insider(call) {
      const visitor = await visitorOf(call);
      return visitor.isInsider ? visitor : refused(call, visitor, 'read');
    },
    async nameReader(call) {
      const reader = await readerOf(call);
      return reader.seesNames ? reader : refused(call, reader, 'read:names');
    },
    clusterReader: (call) => readerOf(call, `write:${call.parameters.cluster ?? ''}`),
    async usageReader(call) {
      const visitor = await visitorOf(call);
      const scopes = visitor.account?.scopes ?? [];
      const writesSome = scopes.some((scope) => scope.startsWith('write:'));
      // The key of a cluster sees no other cluster, even where everybody may read without a key.
      const readsAll = visitor.account === null || permits(scopes, 'read');
      const mayReadCluster = (name: string) => readsAll || permits(scopes, `write:${name}`);
      return { ...(writesSome ? visitor : permitted(call, visitor)), mayReadCluster };
    },
    systemWriter: (call) => holderOf(call, `write:${call.parameters.system ?? ''}`),
    // In the words of the ingest API.
    async keyHolder({ request }) {
      const key = request.headers.get('x-api-key')?.trim() ?? '';
      if (key === '') throw new RequestProblem(401, 'Missing API Key');
      const holder = await keyRing.holder(key);
      if (holder !== null) return holder;
      throw (await keyRing.isEmpty())
        ? new RequestProblem(500, 'No API keys configured on server')
        : new RequestProblem(401, 'Invalid API Key');
    },
    outageWriter: (call) => holderOf(call, 'outages'),
    admin: (call) => holderOf(call, 'admin'),
  };
}
