import type { Log } from '../lib/log.ts';
import type { Probed } from '../lib/records.ts';
import { counted } from '../lib/text.ts';

/** Takes the outcomes of a system's probes, and says in the log what is wrong with each. */
export class Outcomes {
  /** Names of the probes that failed or were read only in part. */
  readonly failedProbes: string[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The value of a probe; null where it failed. */
  settle<T>(name: string, probed: Probed<T>): T | null {
    if (probed.kind === 'failed') {
      this.failedProbes.push(name);
      this.#log.error(`${name}: ${probed.reason}`);
      return null;
    }
    if (probed.damaged.count > 0) {
      this.failedProbes.push(`${name} (partial)`);
      const first = probed.damaged.first.map(
        ({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`,
      );
      this.#log.warn(`${name}: ${counted(probed.damaged.count, 'record')} could not be read: ${first.join('; ')}`);
    }
    return probed.value;
  }
}
