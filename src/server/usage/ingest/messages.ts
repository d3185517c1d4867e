import type { Account } from '../../auth/caller.ts';
import type { ReceivedBody } from '../../http/body.ts';
import type { Delivery, Stored } from '../../store/deliveries.ts';
import type { Location } from '../../store/open.ts';
import type { TaskFailure } from '../thread-messages.ts';

/**
 * A message to the ingest thread: first the database, then for each body with an id of its own `read`, and if
 * that did not fail, `store`, or `drop` if its jobs are not to be stored.
 */
export type ToIngestThread =
  | { readonly kind: 'open'; readonly location: Location }
  | { readonly kind: 'drop'; readonly id: number }
  | {
      readonly kind: 'read';
      readonly id: number;
      readonly body: ReceivedBody;
      /** The largest size of the body, after decompression. */
      readonly maxBytes: number;
      readonly sender: Account;
    }
  | { readonly kind: 'store'; readonly id: number; readonly delivery: Omit<Delivery, 'sha256'> };

/** The cluster of a body, the number of its jobs, and its bytes after decompression. */
export type ReadBody = { readonly hostname: string; readonly jobs: number; readonly length: number };

/** The answer to a message of the same id. */
export type FromIngestThread =
  | { readonly id: number; readonly read: ReadBody }
  | { readonly id: number; readonly stored: Stored }
  | { readonly id: number; readonly failure: TaskFailure };
