import type { Config } from '../config/config.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { readableUtc } from '../lib/time.ts';
import type { Outbox } from '../outbox/outbox.ts';
import { type Bounds, type Pruned, prune } from '../outbox/retention.ts';
import { jobFingerprintSpace } from '../outbox/tables/job-fingerprints.ts';

/** Space for one compressed snapshot in bytes: a proxy in front of the API usually accepts 1 MiB uncompressed. */
const roomForOne = 512 * 1024;

export function boundsOf({ collector }: Config): Bounds {
  return {
    keepDeliveredDays: collector.outbox.keep_delivered_days,
    maxBytes: collector.outbox.max_mib * 1024 ** 2,
  };
}

/** Makes room in the outbox for so many entries. Logs an error for each undelivered entry that is deleted for them. */
export function makeRoom(outbox: Outbox, config: Config, log: Log, entries = 1): void {
  let undelivered: Pruned['undelivered'] = [];
  try {
    ({ undelivered } = prune(outbox, boundsOf(config), entries * roomForOne, new Date(), [
      jobFingerprintSpace(outbox),
    ]));
  } catch (error) {
    // Deleting also needs disk space, so do not check for room here; the insert reports it.
    log.warn(`cannot prune the outbox: ${messageOf(error)}`);
  }
  for (const entry of undelivered) {
    log.error(
      `✗ entry ${entry.id} of ${entry.stream}, collected ${readableUtc(entry.collectedAt)} UTC, ${entry.state}, is lost: the outbox is full; repair the delivery, or raise outbox.max_mib`,
    );
  }
}
