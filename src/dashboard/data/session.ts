import { useData } from './fetching.ts';

/** Who the reader is, and what the reader may do. */
export type Session = {
  readonly user: string | null;
  readonly scopes: readonly string[];
  readonly may_read: boolean;
  readonly sees_names: boolean;
};

/** Loads who the reader is; null until it is known. */
export function useSession(): Session | null {
  return useData<Session>('/api/v1/session').data;
}

/** True if the reader may report and change outages. */
export function mayReportOutages(session: Session | null): boolean {
  return session?.scopes.some((scope) => scope === 'outages' || scope === 'admin') ?? false;
}
