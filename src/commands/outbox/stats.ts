import { hostname } from 'node:os';
import { defineCommand } from 'citty';
import { shortDuration } from '../../lib/duration.ts';
import { exitCodes } from '../../lib/errors.ts';
import { printable } from '../../lib/text.ts';
import { readableUtc } from '../../lib/time.ts';
import type { Entry } from '../../outbox/entry.ts';
import { streamHeads } from '../../outbox/latest.ts';
import {
  type FileStatistics,
  fileStatistics,
  type StreamStatistics,
  streamStatistics,
} from '../../outbox/statistics.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { labelled, tableLines, wrapped } from '../layout.ts';
import { printLines } from '../output.ts';
import { jsonLine } from './entry-json.ts';
import { outboxIfAny } from './open.ts';
import { size } from './table.ts';

type Stream = StreamStatistics & { readonly head: Entry | null };

export const statsCommand = defineCommand({
  meta: { description: 'Summarise each stream, and show the next delivery' },
  args: {
    ...commonArgs,
    json: { type: 'boolean', description: 'Print one JSON object for each stream and for the file' },
  },
  async run({ args }) {
    const { outbox: location, config } = openContext(args);
    const maxBytes = config.collector.outbox.max_mib * 1024 ** 2;
    const outbox = outboxIfAny(args);
    const now = new Date();
    if (!outbox) {
      printLines(args.json ? [] : [`There is no outbox ${location.file} yet: the first collection creates it.`]);
      return exitCodes.done;
    }
    const heads = streamHeads(outbox);
    const streams = streamStatistics(outbox, now).map((one) => ({
      ...one,
      head: heads.get(one.stream) ?? null,
    }));
    const file = fileStatistics(outbox);
    outbox.close();
    printLines(
      args.json
        ? [...streams.map((one) => jsonLine(streamJson(one, now))), jsonLine(fileJson(file, location.file, maxBytes))]
        : [...streamLines(streams, now), ...fileLines(file, location.file, maxBytes)],
    );
    return exitCodes.done;
  },
});

function isResting(head: Entry, now: Date): boolean {
  return head.nextAttemptAt !== null && head.nextAttemptAt > now;
}

function streamJson({ head, ...one }: Stream, now: Date): Record<string, unknown> {
  return {
    kind: 'stream',
    stream: one.stream,
    pending: one.pending,
    held: one.held,
    rejected: one.rejected,
    oldest: one.oldest?.toISOString() ?? null,
    newest: one.newest?.toISOString() ?? null,
    delivered_24h: one.deliveredLastDay,
    attempts: one.attempts,
    bytes: one.bytes,
    next_id: head?.id ?? null,
    next_at: head === null ? null : (isResting(head, now) ? head.nextAttemptAt : now)?.toISOString(),
    last_error: head?.lastError ?? null,
  };
}

function fileJson(file: FileStatistics, path: string, maxBytes: number): Record<string, unknown> {
  return {
    kind: 'outbox',
    file: path,
    bytes_used: file.usedBytes,
    bytes_file: file.fileBytes,
    bytes_limit: maxBytes,
    dropped: file.dropped,
    host: file.host,
    damage: file.damage,
  };
}

function streamLines(streams: readonly Stream[], now: Date): string[] {
  if (streams.length === 0) return ['There are no undelivered entries, and none was delivered in the last 24 hours.'];
  const ago = (time: Date | null) => (time === null ? '-' : shortDuration(now.getTime() - time.getTime()));
  const rows = streams.map((one) => [
    printable(one.stream, 60),
    ...[one.pending, one.held, one.rejected].map(String),
    ago(one.oldest),
    ago(one.newest),
    size(one.bytes),
    String(one.deliveredLastDay),
  ]);
  const header = ['STREAM', 'PENDING', 'HELD', 'REJECTED', 'OLDEST', 'NEWEST', 'SIZE', 'SENT 24H'];
  const next = streams.flatMap(({ head }) => (head === null ? [] : [nextLine(head, now)]));
  return [...tableLines(header, rows, [1, 2, 3, 4, 5, 6, 7]), ...(next.length === 0 ? [] : ['', 'The drain', ...next])];
}

function nextLine(head: Entry, now: Date): string {
  const what = `${head.id} of ${printable(head.stream, 60)}`;
  const because = head.lastError === null ? '' : `: ${printable(head.lastError, 120)}`;
  const line = (when: string) => `  ${wrapped(`sends ${what} ${when}${because}`, 4)}`;
  if (head.nextAttemptAt === null || head.nextAttemptAt <= now) return line('now');
  const rest = shortDuration(head.nextAttemptAt.getTime() - now.getTime());
  return line(`after ${readableUtc(head.nextAttemptAt)} UTC, in ${rest}`);
}

function fileLines(file: FileStatistics, path: string, maxBytes: number): string[] {
  const line = (label: string, text: string) => labelled(label, text, 10);
  const percent = ((100 * file.usedBytes) / maxBytes).toFixed(1);
  const host = file.host === null ? 'no host yet' : `${file.host}${file.host === hostname() ? ' (this one)' : ''}`;
  return [
    '',
    line('File', `${path}, ${size(file.fileBytes)}`),
    line('In use', `${size(file.usedBytes)} of ${size(maxBytes)} (${percent} %)`),
    line('Written', `by ${printable(host)}`),
    line('Dropped', file.dropped === 0 ? 'none' : `${file.dropped}, see: hpc-collector outbox ls --dropped`),
    ...(file.damage === null ? [] : [line('Damaged', printable(file.damage))]),
  ];
}
