import type { Account } from '../../auth/caller.ts';
import type { Delivery, Stored } from '../../store/deliveries.ts';
import type { Location } from '../../store/open.ts';
import type { TaskFailure } from '../thread-messages.ts';

/**
 * A message to the ingest thread: first the database, then for each body with an id of its own `read`, and `store` if
 * that did not fail.
 */
export type ToIngestThread =
  | { readonly kind: 'open'; readonly location: Location }
  | { readonly kind: 'read'; readonly id: number; readonly bytes: Uint8Array; readonly sender: Account }
  | { readonly kind: 'store'; readonly id: number; readonly delivery: Omit<Delivery, 'bytes'> };

/** The cluster of a body, and the number of its jobs. */
export type ReadBody = { readonly hostname: string; readonly jobs: number };

/** The answer to a message of the same id. */
export type FromIngestThread =
  | { readonly id: number; readonly read: ReadBody }
  | { readonly id: number; readonly stored: Stored }
  | { readonly id: number; readonly failure: TaskFailure };
