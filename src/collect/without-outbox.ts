import type { System } from '../config/system.ts';
import type { Destination } from '../delivery/destination.ts';
import { postDirectly } from '../delivery/direct.ts';
import { messageOf, OperatorError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { ForeignEntry } from '../outbox/entry.ts';
import type { Spool } from '../outbox/spool/spool.ts';
import type { OutboxUnwritable } from '../outbox/unwritable.ts';
import type { Collected } from './collect.ts';
import { type SnapshotEntry, snapshotEntriesOf } from './entry.ts';
import { logValidation } from './store.ts';

/** How to keep snapshots that the outbox cannot store. */
export type WithoutOutbox = {
  readonly spool: Spool;
  /**
   * Returns the destination of a name, to post to; null if this command delivers nothing. Throws OperatorError if the
   * destination is not configured.
   */
  readonly destination: ((name: string) => Destination) | null;
  /**
   * Runs the posts to a destination one after the other: two parallel posts that introduce the same new name collide in
   * the API.
   */
  readonly inTurn: <T>(destination: string, post: () => Promise<T>) => Promise<T>;
};

/**
 * Posts a snapshot that the outbox cannot store to each of its destinations, and writes it to the spool if the post
 * fails or its result is unknown. Logs a line for each destination that says where the snapshot is and what to do.
 */
export async function keepWithoutOutbox(
  system: Pick<System, 'system_name' | 'deliver_to'>,
  collected: Extract<Collected, { kind: 'collected' }>,
  time: Date,
  why: OutboxUnwritable,
  how: WithoutOutbox,
  log: Log,
): Promise<void> {
  const entries = snapshotEntriesOf(system.system_name, collected, time, system.deliver_to);
  await Promise.all(entries.map((entry) => keepEntry(system.system_name, entry, why, how, log)));
}

async function keepEntry(
  systemName: string,
  { validated, ...content }: SnapshotEntry,
  why: OutboxUnwritable,
  { spool, destination, inTurn }: WithoutOutbox,
  log: Log,
): Promise<void> {
  const entry: ForeignEntry = {
    ...content,
    id: Bun.randomUUIDv7(),
    state: content.rejectedBecause === null ? 'pending' : 'rejected',
    firstSentAt: null,
  };
  logValidation(validated, entry.id, log);
  const tried =
    destination === null || entry.state === 'rejected'
      ? notTried(entry)
      : await inTurn(entry.destination, () => post(() => destination(entry.destination), entry));
  if (tried.kind === 'accepted') {
    log.error(`✗ ${systemName}: ${why.problem}; the snapshot was ${tried.words}, so nothing is lost; ${why.remedy}`);
    return;
  }
  const failed = `✗ ${systemName}: ${why.problem}${tried.words}`;
  try {
    const { file, dropped } = spool.keepEntry(tried.entry);
    log.error(`${failed}; the snapshot is kept in ${file} until the outbox can store it; ${why.remedy}`);
    for (const name of dropped) log.error(`✗ ${name} is lost: the fallback directory was full of older snapshots`);
  } catch (error) {
    const bytes = Buffer.byteLength(entry.body);
    log.error(
      `${failed}; and the fallback directory cannot store it: ${messageOf(error)}: this snapshot (${bytes} bytes) is lost; ${why.remedy}`,
    );
  }
}

type Tried =
  | { readonly kind: 'accepted'; readonly words: string }
  | { readonly kind: 'not-accepted'; readonly words: string; readonly entry: ForeignEntry };

function notTried(entry: ForeignEntry): Tried {
  return { kind: 'not-accepted', words: '', entry };
}

async function post(destinationOf: () => Destination, entry: ForeignEntry): Promise<Tried> {
  try {
    const destination = destinationOf();
    const { outcome, sentAt } = await postDirectly(destination, entry);
    if (outcome.kind === 'accepted') {
      return { kind: 'accepted', words: `posted directly to ${destination.description} (${outcome.detail})` };
    }
    const isRejected = outcome.kind === 'rejected';
    return {
      kind: 'not-accepted',
      words: `; posting it directly to ${destination.description} failed: ${outcome.detail}`,
      entry: {
        ...entry,
        firstSentAt: sentAt,
        ...(isRejected ? { state: 'rejected', rejectedBecause: outcome.detail } : {}),
      },
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { kind: 'not-accepted', words: `; it cannot be posted directly: ${error.message}`, entry };
  }
}

/** Returns a function that runs tasks one after the other. */
export function oneAfterTheOther(): <T>(post: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (post) => {
    const next = last.then(post);
    last = next.catch(() => {});
    return next;
  };
}

/** Returns a function that runs the tasks of one key one after the other. */
export function oneAfterTheOtherByKey(): <T>(key: string, task: () => Promise<T>) => Promise<T> {
  const turns = new Map<string, ReturnType<typeof oneAfterTheOther>>();
  return (key, task) => {
    const inTurn = turns.get(key) ?? oneAfterTheOther();
    turns.set(key, inTurn);
    return inTurn(task);
  };
}
