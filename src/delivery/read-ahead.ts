import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Entry } from '../outbox/entry.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { Destination, Place, Prepared } from './destination.ts';
import { outageRowOf } from './outage-row.ts';

/** An entry that was read before its turn, and its body as it is sent at that place. */
type Read = { readonly entry: Entry; readonly stored: string; readonly place: Place; readonly sent: Prepared };

/**
 * Reads the body of the next entry while the destination is busy with the one before it, and lets the acknowledgement of
 * that one note with the same commit that the next is about to be sent. What it read is only believed where it still holds.
 */
export class ReadAhead {
  readonly #outbox: Outbox;
  readonly #destination: Destination;
  readonly #following: (entry: Entry) => Entry | null;
  readonly #mayFollow: (next: Entry) => boolean;
  #next: Read | null = null;
  #noted: Entry | null = null;

  /**
   * `following` gives what is sent once an entry was delivered, null where that is not clear yet; `mayFollow`, asked when
   * it was, whether that is to be sent at once.
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

  /** While the entry is under way: reads the one that follows it. */
  async read(entry: Entry): Promise<void> {
    // The request goes out first.
    await setImmediate();
    const next = this.#following(entry);
    try {
      this.#next = next === null ? null : this.#read(next, null);
    } catch {
      // Damaged: it is read again, and said, when its turn comes.
    }
  }

  /** The entry that follows at once and is noted, with this commit, as about to be sent. */
  noteNext(): Entry | null {
    const next = this.#next?.entry ?? null;
    this.#noted = next !== null && this.#mayFollow(next) ? next : null;
    return this.#noted;
  }

  /** Whether that was done for this entry; only its first sending is. */
  isNoted(entry: Entry): boolean {
    const isNoted = this.#noted?.sequence === entry.sequence;
    this.#noted = null;
    return isNoted;
  }

  /** The entry as it was before it was noted: it was not sent yet. */
  unsent(entry: Entry): Entry {
    return this.#noted?.sequence === entry.sequence ? this.#noted : entry;
  }

  #read(entry: Entry, before: Read | null): Read {
    const place = {
      isLate: this.#outbox.isLate(entry),
      isNewest: this.#outbox.isNewest(entry),
      outageRow: outageRowOf(this.#outbox, entry),
    };
    if (before !== null && isDeepStrictEqual(before.place, place)) return before;
    const stored = before?.stored ?? this.#outbox.body(entry);
    return { entry, stored, place, sent: this.#destination.prepare(stored, place) };
  }
}
