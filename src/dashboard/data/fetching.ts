import { type Signal, signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';

/** Why data could not be loaded. */
export type LoadFailure = {
  /** The HTTP status, 0 if the receiver did not answer. */
  readonly status: number;
  readonly message: string;
};

/** The state of a request for data: the data of the last success, also while a refresh fails, and the last error. */
export type Loading<Data> = {
  readonly data: Data | null;
  readonly loadedAt: number | null;
  readonly failure: LoadFailure | null;
  /** True while the data are those of the view before, until those of this view come. */
  readonly isOld: boolean;
};

const nothing = { data: null, loadedAt: null, failure: null, isOld: false };
const refreshMs = 60_000;
const freshMs = 2000;

/** Thrown by `request` for every answer but success. */
export class RequestFailed extends Error {
  readonly failure: LoadFailure;

  constructor(failure: LoadFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/**
 * Sends a request to the receiver and returns its JSON.
 * @throws RequestFailed
 */
export async function request(url: string, options: RequestInit = {}): Promise<unknown> {
  const headers = { Accept: 'application/json', ...options.headers };
  const response = await fetch(url, { ...options, headers }).catch(() => null);
  if (response === null) throw new RequestFailed({ status: 0, message: 'The receiver does not answer.' });
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  throw new RequestFailed({ status: response.status, message: messageIn(body) ?? `HTTP ${response.status}` });
}

function messageIn(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  for (const member of ['error', 'detail', 'message']) {
    const words: unknown = Reflect.get(body, member);
    if (typeof words === 'string') return words;
  }
  return null;
}

type Cached = { readonly state: Signal<Loading<unknown>>; load(): Promise<void> };

/** The data of each address since the page was loaded, so that going back shows them at once. */
const cache = new Map<string, Cached>();
const maxCached = 100;

function cached(url: string): Cached {
  const found = cache.get(url);
  if (found) return found;
  const state = signal<Loading<unknown>>(nothing);
  let running: Promise<void> | null = null;
  const load = async () => {
    try {
      state.value = { data: await request(url), loadedAt: Date.now(), failure: null, isOld: false };
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      // Do not go on showing what the user may no longer see.
      const kept = error.failure.status === 401 || error.failure.status === 403 ? nothing : state.value;
      state.value = { ...kept, failure: error.failure };
    } finally {
      running = null;
    }
  };
  const entry: Cached = {
    state,
    load() {
      running ??= load();
      return running;
    },
  };
  cache.set(url, entry);
  const oldest = cache.keys().next().value;
  if (cache.size > maxCached && oldest !== undefined) cache.delete(oldest);
  return entry;
}

/**
 * Loads the data of an address, and again each minute while the page is visible. Until they come, the data are those of
 * the address before, if it differs only in its query.
 */
export function useData<Data>(url: string): Loading<Data> {
  const { state, load } = useMemo(() => cached(url), [url]);
  useEffect(() => {
    // Another part of the page may have loaded them just now.
    if (Date.now() - (state.value.loadedAt ?? 0) > freshMs) void load();
    const refresh = () => {
      if (document.visibilityState === 'visible') void load();
    };
    const timer = setInterval(refresh, refreshMs);
    document.addEventListener('visibilitychange', refresh);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', refresh);
    };
  }, [state, load]);
  // The receiver and the page are of one build, so the answers have the types of the receiver.
  const current = state.value as Loading<Data>;
  const path = url.split('?')[0];
  const before = useRef({ path, loading: current });
  if (current.data !== null || before.current.path !== path) before.current = { path, loading: current };
  // A filter that changes leaves what it shows in its place, so that the page does not jump.
  return current.data === null && current.failure === null ? { ...before.current.loading, isOld: true } : current;
}

/** Forgets everything and loads what is shown again, such as after a login. */
export function reloadAll(): void {
  for (const { load } of cache.values()) void load();
}
