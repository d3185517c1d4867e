import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Destination, Prepared, StreamPlace } from './destination.ts';
import { outageRowOf } from './outage-row.ts';
import { takesAnyOrder } from './snapshot-order.ts';

/** An entry that was read ahead, with its place, its stored body and the body to send. */
type Read = { readonly entry: Entry; readonly stored: string; readonly place: StreamPlace; readonly sent: Prepared };

/**
 * Reads the body of the next entry while the request of the current one is running. The commit that records the current
 * delivery also notes that the next entry is about to be sent. A body that was read ahead is prepared again if the
 * place of its entry has changed.
 */
export class ReadAhead {
  readonly #outbox: Outbox;
  readonly #destination: Destination;
  readonly #following: (entry: Entry) => Entry | null;
  readonly #mayFollow: (next: Entry) => boolean;
  #next: Read | null = null;
  #noted: Entry | null = null;

  /**
   * `following` returns the entry to send after a delivered one; null if that is not known yet. `mayFollow` is called
   * after the delivery and returns true if that entry is sent at once.
   */
  constructor(
    outbox: Outbox,
    destination: Destination,
    following: (entry: Entry) => Entry | null,
    mayFollow: (next: Entry) => boolean,
  ) {
    this.#outbox = outbox;
    this.#destination = destination;
    this.#following = following;
    this.#mayFollow = mayFollow;
  }

  /** Returns the body of an entry as it may be sent now. Throws if it is not the body that was stored. */
  body(entry: Entry): Prepared {
    const next = this.#next?.entry.sequence === entry.sequence ? this.#next : null;
    this.#next = null;
    return this.#read(entry, next).sent;
  }

  /** Reads the next entry while the request of this one is running. */
  async read(entry: Entry): Promise<void> {
    // Let the request start first.
    await setImmediate();
    const next = this.#following(entry);
    try {
      this.#next = next === null ? null : this.#read(next, null);
    } catch {
      // The body is damaged: `body` reads it again and reports it.
    }
  }

  /**
   * Returns the entry that is sent next at once, to be noted in this commit as about to be sent; null if there is none.
   */
  noteNext(): Entry | null {
    const next = this.#next?.entry ?? null;
    this.#noted = next !== null && this.#mayFollow(next) ? next : null;
    return this.#noted;
  }

  /** True once if the entry was noted as about to be sent: only its first request is. */
  isNoted(entry: Entry): boolean {
    const isNoted = this.#noted?.sequence === entry.sequence;
    this.#noted = null;
    return isNoted;
  }

  /** The entry that was noted as about to be sent, as it was before, because it was not sent yet; null if there is none. */
  get noted(): Entry | null {
    return this.#noted;
  }

  #read(entry: Entry, before: Read | null): Read {
    // To a server that stores snapshots right in any order, each place is the same.
    const { catchUp, address } = this.#destination;
    const isAnyOrder = catchUp !== 'oldest-first' && takesAnyOrder(this.#outbox, address);
    const place = {
      isLate: !isAnyOrder && this.#outbox.isLate(entry),
      isNewest: isAnyOrder || this.#outbox.isNewest(entry),
      outageRow: outageRowOf(this.#outbox, entry),
    };
    if (before !== null && isDeepStrictEqual(before.place, place)) return before;
    const stored = before?.stored ?? this.#outbox.body(entry);
    return { entry, stored, place, sent: this.#destination.prepare(stored, place) };
  }
}
