import { shortDuration } from '../lib/duration.ts';
import type { LogLine, TerminalFilter } from '../lib/log.ts';
import { writeAboveStatus } from '../lib/status-line.ts';
import { counted } from '../lib/text.ts';
import { readableUtc } from '../lib/time.ts';
import { type OutboxLocation, openForRepair } from '../outbox/open.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Context } from './context.ts';
import { changesOf, isDelivery, parseTroubles, type Trouble, type TroubleError } from './error-changes.ts';

type KeptError = LogLine & TroubleError;

/** What a run that nobody watches has to say: errors are kept until its end, and only what changed is then shown. */
export class Changes {
  readonly #errors: KeptError[] = [];
  readonly #seen: string[] = [];
  readonly #deliveries = { delivered: 0, left: 0 };
  #area: 'collect' | 'deliver' | 'notify' = 'collect';
  #isTelling = false;

  /** For the log's terminal. */
  readonly filter: TerminalFilter = (line) => {
    if (!this.#isTelling && line.isError) this.#errors.push({ ...line, about: this.#aboutOf(line) });
    return this.#isTelling;
  };

  /** From now on errors are about collecting, delivering, or telling people of it. */
  enter(area: 'collect' | 'deliver' | 'notify'): void {
    this.#area = area;
  }

  /** Notes that a subject was checked: a remembered trouble with it is over if this run has no error about it. */
  saw(about: string): void {
    this.#seen.push(about);
  }

  /** Notes how many entries a drain delivered and how many it left, for the line that reports a recovery. */
  drained(delivered: number, left: number): void {
    this.#deliveries.delivered += delivered;
    this.#deliveries.left = left;
  }

  /** Shows what changed since the last run, and remembers it in the outbox; everything where that cannot be read or written. */
  tell({ outbox, hanging }: Pick<Context, 'outbox' | 'hanging'>): void {
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

  #recovery(about: string, { since, first }: Trouble): string {
    const start = new Date(since);
    const lasted = `after ${shortDuration(Date.now() - start.getTime())} (since ${readableUtc(start)} UTC)`;
    const error = first.replace(/^✗ /, '');
    if (!isDelivery(about)) return `✓ Well again ${lasted}: ${error}`;
    const { delivered, left } = this.#deliveries;
    return `✓ Delivered again ${lasted}, ${counted(delivered, 'entry', 'entries')} delivered, ${left} left: ${error}`;
  }

  #aboutOf({ name, probes }: LogLine): readonly string[] {
    // A message that could not be delivered to a person is remembered elsewhere.
    if (this.#area === 'notify') return [];
    if (this.#area === 'deliver') return [`deliver/${name}`];
    return probes.length === 0 ? [`collect/${name}`] : probes.map((probe) => `collect/${name}/${probe}`);
  }

  #changesSince(location: OutboxLocation | null): Pick<ReturnType<typeof changesOf<KeptError>>, 'news' | 'over'> {
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
      // What is wrong with the outbox is among the errors, if it matters.
      return everything;
    }
  }

  #remember(outbox: Outbox) {
    const before = outbox.metadata.read('troubles');
    const changes = changesOf(parseTroubles(before), this.#errors, this.#seen, new Date());
    const after = Object.keys(changes.next).length === 0 ? null : JSON.stringify(changes.next);
    // Each writing is brought to disk.
    if (after === before) return changes;
    if (after === null) outbox.metadata.forget('troubles');
    else outbox.metadata.write('troubles', after);
    return changes;
  }
}

/** One recovery for each cause: a host that was out of reach is one line, whatever number of probes it made fail. */
function onePerCause(over: readonly (readonly [string, Trouble])[]): Iterable<readonly [string, Trouble]> {
  const byCause = new Map<string, readonly [string, Trouble]>();
  for (const one of over) {
    const [about, { since, first }] = one;
    const cause = isDelivery(about) ? 'deliver' : `${about.split('/')[1]} ${since} ${first}`;
    const known = byCause.get(cause);
    if (known === undefined || since < known[1].since) byCause.set(cause, one);
  }
  return byCause.values();
}
