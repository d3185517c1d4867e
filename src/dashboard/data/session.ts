import { type Loading, useData } from './fetching.ts';

/** The signed-in user, and the rights of this client. */
export type Session = {
  readonly user: string | null;
  readonly scopes: readonly string[];
  readonly may_read: boolean;
  /** True if this client may also read what is for operators: `--public` is not enough for it. */
  readonly is_insider: boolean;
  readonly sees_names: boolean;
};

/** Loads the session; null until the receiver has answered. */
export function useSession(): Session | null {
  return useLoadingSession().data;
}

/** Returns the same, and why it could not be loaded. */
export function useLoadingSession(): Loading<Session> {
  return useData<Session>('/api/v1/session');
}

/** True if the reader may report and change outages. */
export function mayReportOutages(session: Session | null): boolean {
  return session?.scopes.some((scope) => scope === 'outages' || scope === 'admin') ?? false;
}
