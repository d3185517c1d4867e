import { naiveUtc } from '../lib/time.ts';

/**
 * Returns the timestamp of a system's snapshot as the SAM API wants it: naive UTC with six fractional digits. The last
 * three are a fixed function of the system's name. SAM's filesystem table is unique on (timestamp, filesystem) across
 * systems, and hosts start their collectors in the same minute of cron.
 */
export function snapshotTimestamp(at: Date, system: string): string {
  return naiveUtc(at) + microsecondsOf(system);
}

/** Returns `001` to `999`; never `000`, because senders with times in milliseconds use it. */
function microsecondsOf(system: string): string {
  const hash = new Bun.CryptoHasher('sha256').update(system).digest();
  return String(1 + (hash.readUInt32BE(0) % 999)).padStart(3, '0');
}
