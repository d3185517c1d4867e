import type { FeedEvent } from './events.ts';

/** The most octets of a line (RFC 5545 §3.1). */
const lineOctets = 75;

/**
 * Returns the events as an iCalendar (RFC 5545). An event without a known end lasts until now, or an hour if it has not
 * begun.
 * @param origin the address of the receiver, without a slash at the end
 */
export function calendar(events: readonly FeedEvent[], origin: string, now: Date): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//hpc-collector//receiver//EN',
    'X-WR-CALNAME:System status',
    ...events.flatMap((event) => eventLines(event, origin, now.getTime())),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

function eventLines(event: FeedEvent, origin: string, now: number): string[] {
  const { id, system, title, text, start, end, updated, page, kind } = event;
  return [
    'BEGIN:VEVENT',
    `UID:${id}@${new URL(origin).hostname}`,
    `DTSTAMP:${utc(updated)}`,
    `DTSTART:${utc(start)}`,
    `DTEND:${utc(Math.max(end ?? now, start + (end === null ? 3_600_000 : 0)))}`,
    `SUMMARY:${escaped(`${system}: ${title}`)}`,
    `CATEGORIES:${kind.toUpperCase()}`,
    ...(text === '' ? [] : [`DESCRIPTION:${escaped(text)}`]),
    `URL:${origin}${page}`,
    'END:VEVENT',
  ];
}

function utc(ms: number): string {
  return `${new Date(ms).toISOString().replaceAll(/[-:]|\.\d+/g, '')}`;
}

function escaped(text: string): string {
  return text
    .replaceAll(/[\\;,]/g, (character) => `\\${character}`)
    .replaceAll(/\r\n|\r|\n/g, '\\n')
    .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
}

/** Returns a line in pieces of at most 75 octets, none of which divides a character. */
function folded(line: string): string {
  const pieces: string[] = [''];
  let octets = 0;
  for (const character of line) {
    const length = Buffer.byteLength(character);
    if (octets + length > lineOctets) {
      pieces.push('');
      // The blank that marks the continuation counts.
      octets = 1;
    }
    pieces[pieces.length - 1] += character;
    octets += length;
  }
  return pieces.join('\r\n ');
}
