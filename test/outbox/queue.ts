import { join } from 'node:path';
import type { Attempt, Entry, ForeignEntry } from '../../src/outbox/entry.ts';
import { entryStates } from '../../src/outbox/entry.ts';
import { type Filter, listEntries } from '../../src/outbox/filter.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { quickDirectory } from '../support/files.ts';

export type TestOutbox = { readonly outbox: Outbox; readonly file: string; remove(): void };

/** A new outbox in a directory of its own. */
export function newOutbox(): TestOutbox {
  const { path, remove } = quickDirectory();
  const file = join(path, 'outbox.db');
  const outbox = new Outbox(file);
  // What is tested here is logic; thousands of entries would each wait for the disk.
  outbox.database.run('PRAGMA synchronous = OFF');
  return {
    outbox,
    file,
    remove() {
      outbox.close();
      remove();
    },
  };
}

export const everything: Filter = { states: entryStates, stream: null, since: null, until: null };

export const attemptAt = (at: Date, rest: Partial<Attempt> = {}): Attempt => ({
  at,
  seconds: 0.5,
  status: 201,
  outcome: 'accepted',
  detail: 'stored',
  ...rest,
});

/** A body of about so many bytes that hardly compresses. */
export function noise(bytes: number): string {
  const random = new Uint8Array((bytes * 3) / 4);
  for (let start = 0; start < random.length; start += 65_536)
    crypto.getRandomValues(random.subarray(start, start + 65_536));
  return JSON.stringify(Buffer.from(random).toString('base64'));
}

let moments = Date.parse('2025-11-25T00:00Z');

/** Puts an entry in, collected later than all before unless said otherwise; a delivered one was delivered then. */
export function put(outbox: Outbox, rest: Partial<ForeignEntry> = {}): Entry {
  moments += 1000;
  const entry: ForeignEntry = {
    // Ids made within one millisecond begin alike, and are shown longer.
    id: Bun.randomUUIDv7('hex', moments),
    stream: 'sam/casper',
    destination: 'sam',
    method: 'POST',
    path: '/api/v1/status/casper',
    body: '{"nodes":1}',
    collectedAt: new Date(moments),
    failedProbes: [],
    rejectedBecause: null,
    state: 'pending',
    firstSentAt: null,
    ...rest,
  };
  if (!outbox.takeIn(entry)) throw new Error('the entry is there already, or its moment is taken');
  if (entry.state === 'delivered')
    outbox.database.query('UPDATE entries SET delivered_at = collected_at WHERE id = ?').run(entry.id);
  return get(outbox, entry.id);
}

export function get(outbox: Outbox, id: string): Entry {
  const [entry] = outbox.withPrefix(id, 1);
  if (!entry) throw new Error(`there is no entry ${id}`);
  return entry;
}

export function all(outbox: Outbox): Entry[] {
  return [...listEntries(outbox, everything)];
}

export function ids(entries: Iterable<{ readonly id: string }>): string[] {
  return [...entries].map(({ id }) => id);
}
