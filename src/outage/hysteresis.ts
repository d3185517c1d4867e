import type { OutageRules } from '../config/outage-rules.ts';

/** What a snapshot says of one thing; what it does not measure, it says nothing of. */
export type Reading = 'bad' | 'good';

/**
 * Whether something is affected by its last readings, the newest last: it becomes so by `bad` bad ones among the last few,
 * and stays so until `good` of those are good. What is in between changes nothing.
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
