import { shortDuration } from '../../lib/duration.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Dropped } from '../../outbox/drop.ts';
import type { Entry, EntryState } from '../../outbox/entry.ts';
import { streamHeads } from '../../outbox/latest.ts';
import type { Outbox } from '../../outbox/outbox.ts';
import { tableLines } from '../layout.ts';
import { shownIds } from '../short-ids.ts';

const shownStates: Readonly<Record<EntryState, string>> = {
  pending: 'pending',
  held: 'held !',
  rejected: 'rejected ✗',
  delivered: 'delivered ✓',
};

/** Formats entries in columns, with the reason of the delay below each; a sentence if there are none. */
export function entryTable(outbox: Outbox, entries: readonly Entry[], now = new Date()): string[] {
  if (entries.length === 0) return ['There are no undelivered entries.'];
  const heads = streamHeads(outbox);
  const ids = entryIds(outbox, entries);
  const rows = entries.map((entry, index) => [
    ids[index] ?? entry.id,
    printable(entry.stream, 60),
    shownStates[entry.state],
    shortDuration(now.getTime() - entry.collectedAt.getTime()),
    size(entry.bodyBytes),
    String(entry.attempts),
    nextOf(entry, heads.get(entry.stream), now),
  ]);
  const details = entries.map(({ lastError }) => (lastError === null ? [] : [printable(lastError, 160)]));
  return tableLines(['ID', 'STREAM', 'STATE', 'AGE', 'SIZE', 'TRIES', 'NEXT'], rows, [3, 4, 5], details);
}

/** Returns what to show of the ids of entries; each names one entry. */
export function entryIds(outbox: Outbox, entries: readonly Entry[]): string[] {
  const whole = entries.map(({ id }) => id);
  return shownIds(whole, (beginning) => outbox.withPrefix(beginning, 2).length === 1);
}

/** Formats when an entry is tried next; later entries of a stream follow the first one. */
function nextOf(entry: Entry, head: Entry | undefined, now: Date): string {
  if (entry.state !== 'pending') return '-';
  if (head && head.sequence !== entry.sequence) return 'in turn';
  const rest = (head?.nextAttemptAt?.getTime() ?? 0) - now.getTime();
  return rest > 0 ? `in ${shortDuration(rest)}` : 'now';
}

/** Formats dropped entries in columns, with the reason below each. */
export function droppedTable(dropped: readonly Dropped[]): string[] {
  if (dropped.length === 0) return ['No entry was dropped.'];
  const whole = dropped.map(({ id }) => id);
  const ids = shownIds(whole, (beginning) => whole.filter((id) => id.startsWith(beginning)).length === 1);
  const rows = dropped.map((one, index) => [
    ids[index] ?? one.id,
    printable(one.stream, 60),
    readableUtc(one.collectedAt),
    readableUtc(one.droppedAt),
  ]);
  const details = dropped.map(({ reason }) => [printable(reason, 160)]);
  return tableLines(['ID', 'STREAM', 'COLLECTED (UTC)', 'DROPPED (UTC)'], rows, [], details);
}

/** Formats bytes for people. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}
