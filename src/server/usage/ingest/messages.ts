import type { Account } from '../../auth/caller.ts';
import type { ReceivedBody } from '../../http/body.ts';
import type { Delivery, Stored } from '../../store/deliveries.ts';
import type { Location } from '../../store/open.ts';

/**
 * A message to the ingest thread: first the database, then for each body, with a number of its own, `read`, and if
 * that did not fail, `store`, or `drop` if its jobs are not to be stored.
 */
export type IngestMessage =
  | { readonly kind: 'open'; readonly location: Location }
  | {
      readonly kind: 'read';
      readonly batch: number;
      readonly body: ReceivedBody;
      /** The largest size of the body, after decompression. */
      readonly maxBytes: number;
      readonly sender: Account;
    }
  | { readonly kind: 'store'; readonly batch: number; readonly delivery: Omit<Delivery, 'sha256'> }
  | { readonly kind: 'drop'; readonly batch: number };

/** The cluster of a body, the number of its jobs, and its bytes after decompression. */
export type ReadBody = { readonly hostname: string; readonly jobs: number; readonly length: number };

/** The answers to `read` and `store`. The other messages have none. */
export type IngestAnswer = { readonly read: ReadBody } | { readonly stored: Stored };
