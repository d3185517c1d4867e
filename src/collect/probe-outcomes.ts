import type { Log } from '../lib/log.ts';
import type { Probed } from '../lib/records.ts';
import { counted } from '../lib/text.ts';

/** Separates the cause of an error from the names of the probes that it made fail. */
export const failedProbes = '; failed probes: ';

/** A cause, and the probes that failed because of it. */
type Failure = { readonly probes: string[]; readonly reason: string; readonly unreachable: string | undefined };

/** Collects the outcomes of a system's probes, and logs the problems of each. */
export class Outcomes {
  /** Names of the probes that failed or were read only in part. */
  readonly #failedProbes: string[] = [];
  readonly #failures: Failure[] = [];
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Returns the value of a probe; null if it failed. */
  settle<T>(name: string, probed: Probed<T>): T | null {
    if (probed.kind === 'failed') {
      this.#failedProbes.push(name);
      this.#keep(name, probed);
      return null;
    }
    if (probed.damaged.count > 0) {
      this.#failedProbes.push(`${name} (partial)`);
      const first = probed.damaged.first.map(
        ({ record, byte, problem }) => `${record ?? 'a record'} at byte ${byte} ${problem}`,
      );
      this.#log.warn(`${name}: ${counted(probed.damaged.count, 'record')} could not be read: ${first.join('; ')}`);
    }
    return probed.value;
  }

  /**
   * Logs one line for each cause of failed probes. Returns the names of the probes that failed or were read in part.
   */
  report(): readonly string[] {
    for (const { probes, reason, unreachable } of this.#failures) {
      const names = probes.join(', ');
      const message = unreachable === undefined ? `${names}: ${reason}` : `${unreachable}${failedProbes}${names}`;
      this.#log.error({ message, probes });
    }
    return this.#failedProbes;
  }

  #keep(name: string, { reason, unreachable }: Extract<Probed<unknown>, { kind: 'failed' }>): void {
    const cause = causeOf(unreachable);
    const same = this.#failures.find((failure) => cause !== null && causeOf(failure.unreachable) === cause);
    if (same) same.probes.push(name);
    else this.#failures.push({ probes: [name], reason, unreachable });
  }
}

/**
 * Returns the host and the reason, without the message of ssh. Messages differ between connections to one host, for
 * example in the address of the server that closed the connection.
 */
function causeOf(unreachable: string | undefined): string | null {
  return unreachable?.split(': ').slice(0, 2).join(': ') ?? null;
}
