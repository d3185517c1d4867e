import type { OutageRules } from '../config/outage-rules.ts';

/** What a snapshot says about one thing; nothing if it did not measure it. */
export type Reading = 'bad' | 'good';

/**
 * True if a thing is affected, by its last readings (the newest last): it becomes affected by `bad` bad ones of them
 * and stays so until `good` of them are good. Anything between changes nothing.
 */
export function isAffected(
  readings: readonly Reading[],
  was: boolean,
  { snapshots, bad, good }: Pick<OutageRules, 'snapshots' | 'bad' | 'good'>,
): boolean {
  const last = readings.slice(-snapshots);
  const count = (reading: Reading) => last.filter((one) => one === reading).length;
  return was ? count('good') < good : count('bad') >= bad;
}
