import { shortDuration } from '../../lib/duration.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Dropped } from '../../outbox/drop.ts';
import type { Entry, EntryState } from '../../outbox/entry.ts';
import type { Outbox } from '../../outbox/outbox.ts';

const shownStates: Readonly<Record<EntryState, string>> = {
  pending: 'pending',
  held: 'held !',
  rejected: 'rejected ✗',
  delivered: 'delivered ✓',
};

/** Formats entries in columns, with the reason of the delay below each; a sentence if there are none. */
export function entryTable(outbox: Outbox, entries: readonly Entry[], now = new Date()): string[] {
  if (entries.length === 0) return ['There are no undelivered entries.'];
  const heads = new Map(
    [...new Set(entries.map((entry) => entry.destination))]
      .flatMap((destination) => outbox.heads(destination))
      .map((head) => [head.stream, head]),
  );
  const rows = entries.map((entry) => [
    entry.id,
    printable(entry.stream, 60),
    shownStates[entry.state],
    shortDuration(now.getTime() - entry.collectedAt.getTime()),
    size(entry.bodyBytes),
    String(entry.attempts),
    nextOf(entry, heads.get(entry.stream), now),
  ]);
  return tableLines(['ID', 'STREAM', 'STATE', 'AGE', 'SIZE', 'TRIES', 'NEXT (UTC)'], rows, [3, 4, 5]).flatMap(
    (line, index) => {
      const reason = entries[index - 1]?.lastError ?? null;
      return reason === null ? [line] : [line, `    ${printable(reason, 160)}`];
    },
  );
}

/** Formats when an entry is tried next; later entries of a stream follow the first one. */
function nextOf(entry: Entry, head: Entry | undefined, now: Date): string {
  if (entry.state !== 'pending') return '-';
  if (head && head.sequence !== entry.sequence) return 'in turn';
  return entry.nextAttemptAt !== null && entry.nextAttemptAt > now ? readableUtc(entry.nextAttemptAt) : 'now';
}

/** Formats dropped entries in columns, with the reason below each. */
export function droppedTable(dropped: readonly Dropped[]): string[] {
  if (dropped.length === 0) return ['No entry was dropped.'];
  const rows = dropped.map((one) => [
    one.id,
    printable(one.stream, 60),
    readableUtc(one.collectedAt),
    readableUtc(one.droppedAt),
  ]);
  return tableLines(['ID', 'STREAM', 'COLLECTED (UTC)', 'DROPPED (UTC)'], rows, []).flatMap((line, index) => {
    const one = dropped[index - 1];
    return one ? [line, `    ${printable(one.reason, 160)}`] : [line];
  });
}

/** Formats rows in columns, two blanks apart; `right` lists the columns to align right. */
export function tableLines(header: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]) {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [header, ...rows].map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd(),
  );
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
