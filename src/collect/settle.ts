import type { Log } from '../lib/log.ts';
import type { Probed } from '../lib/records.ts';
import { counted } from '../lib/text.ts';

/** A probe that failed; those that could not reach the same host, for the same reason, are one. */
type Failure = { readonly probes: string[]; readonly reason: string; readonly unreachable: string | undefined };

/** Takes the outcomes of a system's probes, and says in the log what is wrong with each. */
export class Outcomes {
  /** Names of the probes that failed or were read only in part. */
  readonly #failedProbes: string[] = [];
  readonly #failures: Failure[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The value of a probe; null where it failed. */
  settle<T>(name: string, probed: Probed<T>): T | null {
    if (probed.kind === 'failed') {
      this.#failedProbes.push(name);
      this.#keep(name, probed);
      return null;
    }
    if (probed.damaged.count > 0) {
      this.#failedProbes.push(`${name} (partial)`);
      const first = probed.damaged.first.map(
        ({ record, byte, problem }) => `${record ?? 'something'} at byte ${byte} ${problem}`,
      );
      this.#log.warn(`${name}: ${counted(probed.damaged.count, 'record')} could not be read: ${first.join('; ')}`);
    }
    return probed.value;
  }

  /** Says why probes failed, a host that could not be reached once for all; gives the names of what failed or is partial. */
  report(): readonly string[] {
    for (const { probes, reason, unreachable } of this.#failures) {
      this.#log.error(`${probes.join(', ')}: ${probes.length > 1 ? unreachable : reason}`);
    }
    return this.#failedProbes;
  }

  #keep(name: string, { reason, unreachable }: Extract<Probed<unknown>, { kind: 'failed' }>): void {
    const same = this.#failures.find((failure) => unreachable !== undefined && failure.unreachable === unreachable);
    if (same) same.probes.push(name);
    else this.#failures.push({ probes: [name], reason, unreachable });
  }
}
