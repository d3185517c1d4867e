import { shortDuration } from '../lib/duration.ts';
import type { LogLine, TerminalFilter } from '../lib/log.ts';
import { writeAboveStatus } from '../lib/status-line.ts';
import { counted } from '../lib/text.ts';
import { readableUtc } from '../lib/time.ts';
import { type OutboxLocation, openForRepair } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import {
  errorChangesOf,
  isDelivery,
  type OngoingError,
  parseOngoingErrors,
  type ReportedError,
} from './error-changes.ts';

type KeptError = LogLine & ReportedError;

/** The report of an unattended run: keeps errors until its end, and then prints only changes. */
export class ErrorChanges {
  readonly #errors: KeptError[] = [];
  readonly #seen: string[] = [];
  readonly #deliveries = { delivered: 0, left: 0 };
  #area: 'collect' | 'deliver' | 'notify' = 'collect';
  #isTelling = false;

  /** Filter for the terminal output of the log. */
  readonly filter: TerminalFilter = (line) => {
    if (!this.#isTelling && line.isError) this.#errors.push({ ...line, about: this.#aboutOf(line) });
    return this.#isTelling;
  };

  /** Sets the area of the following errors: collection, delivery, or notification of people. */
  enter(area: 'collect' | 'deliver' | 'notify'): void {
    this.#area = area;
  }

  /** Notes that a subject was checked: if this run has no error about it, its stored error has ended. */
  saw(about: string): void {
    this.#seen.push(about);
  }

  /** Notes how many entries a drain delivered and how many it left, for the line that reports a recovery. */
  drained(delivered: number, left: number): void {
    this.#deliveries.delivered += delivered;
    this.#deliveries.left = left;
  }

  /**
   * Prints the changes since the last run, and stores the current errors in the outbox. Prints all errors if the outbox
   * cannot be read or written.
   */
  tell({ outbox, hanging }: { readonly outbox: OutboxLocation; readonly hanging: Error | null }): void {
    if (this.#errors.length === 0 && this.#seen.length === 0) return;
    this.#isTelling = true;
    const { log } = outbox;
    const { news, over } = this.#changesSince(hanging === null ? outbox : null);
    for (const { whole } of news) writeAboveStatus(whole);
    for (const [about, trouble] of onePerCause(over)) {
      const tag = isDelivery(about) ? 'collector' : (about.split('/')[1] ?? 'collector');
      log.withTag(tag).info(this.#recovery(about, trouble));
    }
  }

  #recovery(about: string, { since, first }: OngoingError): string {
    const start = new Date(since);
    const lasted = `after ${shortDuration(Date.now() - start.getTime())} (since ${readableUtc(start)} UTC)`;
    const error = first.replace(/^✗ /, '');
    if (!isDelivery(about)) return `✓ Recovered ${lasted}: ${error}`;
    const { delivered, left } = this.#deliveries;
    return `✓ Delivered again ${lasted}, ${counted(delivered, 'entry', 'entries')} delivered, ${left} left: ${error}`;
  }

  #aboutOf({ name, probes }: LogLine): readonly string[] {
    // The notification state keeps messages that could not be delivered to a person.
    if (this.#area === 'notify') return [];
    if (this.#area === 'deliver') return [`deliver/${name}`];
    return probes.length === 0 ? [`collect/${name}`] : probes.map((probe) => `collect/${name}/${probe}`);
  }

  #changesSince(location: OutboxLocation | null): Pick<ReturnType<typeof errorChangesOf<KeptError>>, 'news' | 'over'> {
    const everything = { news: this.#errors, over: [] };
    if (location === null) return everything;
    try {
      const outbox = openForRepair(location, 'change');
      try {
        return outbox.atomically(() => this.#remember(outbox));
      } finally {
        outbox.close();
      }
    } catch {
      // Errors of the outbox are reported by the run itself.
      return everything;
    }
  }

  #remember(outbox: Outbox) {
    const before = outbox.metadata.read('troubles');
    const changes = errorChangesOf(parseOngoingErrors(before), this.#errors, this.#seen, new Date());
    const after = Object.keys(changes.next).length === 0 ? null : JSON.stringify(changes.next);
    // Do not write an unchanged value: each write is an fsync.
    if (after === before) return changes;
    if (after === null) outbox.metadata.forget('troubles');
    else outbox.metadata.write('troubles', after);
    return changes;
  }
}

/** Returns one recovery for each cause: an unreachable host is one line for all the probes that failed because of it. */
function onePerCause(over: readonly (readonly [string, OngoingError])[]): Iterable<readonly [string, OngoingError]> {
  const byCause = new Map<string, readonly [string, OngoingError]>();
  for (const one of over) {
    const [about, { since, first }] = one;
    const cause = isDelivery(about) ? 'deliver' : `${about.split('/')[1]} ${since} ${first}`;
    const known = byCause.get(cause);
    if (known === undefined || since < known[1].since) byCause.set(cause, one);
  }
  return byCause.values();
}
