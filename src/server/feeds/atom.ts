import type { FeedEvent } from './events.ts';

/**
 * Returns the events as an Atom feed (RFC 4287), the latest change first.
 * @param origin the address of the receiver, without a slash at the end
 */
export function atomFeed(events: readonly FeedEvent[], origin: string, now: Date): string {
  const sorted = [...events].sort((one, other) => other.updated - one.updated);
  const updated = sorted[0]?.updated ?? now.getTime();
  return `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    '<feed xmlns="http://www.w3.org/2005/Atom">',
    '<title>System status: outages, maintenance and reservations</title>',
    `<id>${xml(`${origin}/status.atom`)}</id>`,
    `<link rel="self" href="${xml(`${origin}/status.atom`)}"/>`,
    `<link href="${xml(`${origin}/outages`)}"/>`,
    '<author><name>System status</name></author>',
    `<updated>${new Date(updated).toISOString()}</updated>`,
    ...sorted.map((event) => entry(event, origin)),
    '</feed>',
  ].join('\n')}\n`;
}

function entry({ id, system, title, text, start, end, updated, page, kind }: FeedEvent, origin: string): string {
  const time = `From ${iso(start)}${end === null ? '' : ` to ${iso(end)}`}`;
  return [
    '<entry>',
    `<title>${xml(`${system}: ${title}`)}</title>`,
    `<id>${xml(`${origin}/${id}`)}</id>`,
    `<link href="${xml(origin + page)}"/>`,
    `<category term="${kind}"/>`,
    `<updated>${iso(updated)}</updated>`,
    `<published>${iso(Math.min(start, updated))}</published>`,
    `<content type="text">${xml([time, text].join('\n'))}</content>`,
    '</entry>',
  ].join('\n');
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/** Returns a text for XML 1.0, which allows no control characters but tab, line feed and carriage return. */
function xml(text: string): string {
  return Bun.escapeHTML(text.replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''));
}
