import type { OutageRules } from '../config/outage-rules.ts';

/** The reading of one component in a snapshot; none if the snapshot did not measure it. */
export type Measurement = 'bad' | 'good';

/**
 * True if a thing is affected, by its last `snapshots` readings (the newest last). It becomes affected if `bad` of them are
 * bad, and stays affected until `good` of them are good.
 */
export function isAffected(
  readings: readonly Measurement[],
  was: boolean,
  { snapshots, bad, good }: Pick<OutageRules, 'snapshots' | 'bad' | 'good'>,
): boolean {
  const last = readings.slice(-snapshots);
  const count = (reading: Measurement) => last.filter((one) => one === reading).length;
  return was ? count('good') < good : count('bad') >= bad;
}
