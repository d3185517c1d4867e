/** The texts of a feed, a calendar, a badge and a message of the day, whole. */

import { describe, expect, test } from 'bun:test';
import { atomFeed } from '../../../src/server/feeds/atom.ts';
import { badge } from '../../../src/server/feeds/badge.ts';
import { calendar } from '../../../src/server/feeds/calendar.ts';
import type { FeedEvent } from '../../../src/server/feeds/events.ts';
import { motd } from '../../../src/server/feeds/motd.ts';
import type { SystemOverview } from '../../../src/server/status/overview.ts';

const now = new Date('2026-03-01T12:00:00Z');
const at = (time: string) => Date.parse(`2026-03-${time}:00Z`);

const event = (id: string, start: string, rest: Partial<FeedEvent> = {}): FeedEvent => ({
  id,
  kind: 'outage',
  system: 'derecho',
  title: `Title of ${id}`,
  text: '',
  start: at(start),
  end: null,
  updated: at('01T09:00'),
  page: '/events',
  ...rest,
});

describe('a feed', () => {
  test('has the latest change first, with its times and its page', () => {
    const events = [
      event('outage-2', '01T10:00', { end: at('01T11:30'), text: 'major, "monitoring"\nOne <row>' }),
      event('outage-3', '02T08:00', { kind: 'maintenance', updated: at('01T09:30'), page: '/outages?id=3&x' }),
      event('reservation-4', '01T07:00', { kind: 'reservation', updated: at('01T08:00'), title: 'a\u0001b\tc' }),
    ];
    expect(atomFeed(events, 'https://x.org/a&b', now)).toBe(
      [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom">',
        '<title>System status: outages, maintenance and reservations</title>',
        '<id>https://x.org/a&amp;b/status.atom</id>',
        '<link rel="self" href="https://x.org/a&amp;b/status.atom"/>',
        '<link href="https://x.org/a&amp;b/outages"/>',
        '<author><name>System status</name></author>',
        '<updated>2026-03-01T09:30:00.000Z</updated>',
        '<entry>',
        '<title>derecho: Title of outage-3</title>',
        '<id>https://x.org/a&amp;b/outage-3</id>',
        '<link href="https://x.org/a&amp;b/outages?id=3&amp;x"/>',
        '<category term="maintenance"/>',
        '<updated>2026-03-01T09:30:00.000Z</updated>',
        // What begins later was published with its last change.
        '<published>2026-03-01T09:30:00.000Z</published>',
        '<content type="text">From 2026-03-02T08:00:00.000Z\n</content>',
        '</entry>',
        '<entry>',
        '<title>derecho: Title of outage-2</title>',
        '<id>https://x.org/a&amp;b/outage-2</id>',
        '<link href="https://x.org/a&amp;b/events"/>',
        '<category term="outage"/>',
        '<updated>2026-03-01T09:00:00.000Z</updated>',
        '<published>2026-03-01T09:00:00.000Z</published>',
        '<content type="text">From 2026-03-01T10:00:00.000Z to 2026-03-01T11:30:00.000Z\nmajor, &quot;monitoring&quot;\nOne &lt;row&gt;</content>',
        '</entry>',
        '<entry>',
        '<title>derecho: ab\tc</title>',
        '<id>https://x.org/a&amp;b/reservation-4</id>',
        '<link href="https://x.org/a&amp;b/events"/>',
        '<category term="reservation"/>',
        '<updated>2026-03-01T08:00:00.000Z</updated>',
        '<published>2026-03-01T07:00:00.000Z</published>',
        '<content type="text">From 2026-03-01T07:00:00.000Z\n</content>',
        '</entry>',
        '</feed>',
        '',
      ].join('\n'),
    );
  });

  test('without events was updated now', () => {
    expect(atomFeed([], 'https://x.org', now)).toContain('<updated>2026-03-01T12:00:00.000Z</updated>\n</feed>\n');
  });
});

describe('a calendar', () => {
  const lines = (events: readonly FeedEvent[]) => calendar(events, 'https://status.x.org:8443', now).split('\r\n');

  test('has each event with its times, its texts and its page', () => {
    const text = 'a;b,c\\d\ne\u0007';
    const events = [
      event('outage-2', '01T10:00', { end: at('01T11:30'), text, title: 'one\r\ntwo\rthree', page: '/outages?id=2' }),
      event('outage-3', '02T08:00', { kind: 'maintenance' }),
    ];
    expect(lines(events)).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//hpc-collector//receiver//EN',
      'X-WR-CALNAME:System status',
      'BEGIN:VEVENT',
      'UID:outage-2@status.x.org',
      'DTSTAMP:20260301T090000Z',
      'DTSTART:20260301T100000Z',
      'DTEND:20260301T113000Z',
      'SUMMARY:derecho: one\\ntwo\\nthree',
      'CATEGORIES:OUTAGE',
      'DESCRIPTION:a\\;b\\,c\\\\d\\ne',
      'URL:https://status.x.org:8443/outages?id=2',
      'END:VEVENT',
      'BEGIN:VEVENT',
      'UID:outage-3@status.x.org',
      'DTSTAMP:20260301T090000Z',
      'DTSTART:20260302T080000Z',
      'DTEND:20260302T090000Z',
      'SUMMARY:derecho: Title of outage-3',
      'CATEGORIES:MAINTENANCE',
      'URL:https://status.x.org:8443/events',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ]);
  });

  test.each([
    ['that has begun lasts until now', '01T10:00', null, '20260301T120000Z'],
    ['that began a moment ago lasts an hour', '01T11:30', null, '20260301T123000Z'],
    ['whose end is before its start has no length', '01T10:00', at('01T09:00'), '20260301T100000Z'],
  ])('an event %s', (_, start, end, ends) => {
    expect(lines([event('outage-2', start, { end })])).toContain(`DTEND:${ends}`);
  });

  test('a line of 75 octets is not folded, and a longer one at 75', () => {
    const title = (length: number) => 'x'.repeat(length - 'SUMMARY:derecho: '.length);
    const folded = (length: number) =>
      lines([event('e', '01T10:00', { title: title(length) })]).filter((line) => /^(SUMMARY| )/.test(line));
    expect(folded(75).map(({ length }) => length)).toEqual([75]);
    expect(folded(76).map(({ length }) => length)).toEqual([75, 2]);
    expect(folded(150).map(({ length }) => length)).toEqual([75, 75, 2]);
  });
});

test.each([
  ['up', '#1a7433', 25, 13, 'up'],
  ['degraded', '#8a5a00', 64, 52, 'degraded'],
  ['down', '#bd1a24', 38, 26, 'down'],
  ['unknown', '#5d6670', 58, 46, 'unknown'],
] as const)('a badge with the state %s', (state, colour, width, textLength) => {
  const attributes = 'lengthAdjust="spacingAndGlyphs"';
  expect(badge('a<b', state)).toBe(
    [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${32 + width}" height="20" role="img" aria-label="a&lt;b: ${state}">`,
      `<title>a&lt;b: ${state}</title>`,
      '<rect width="32" height="20" fill="#3a3f45"/>',
      `<rect x="32" width="${width}" height="20" fill="${colour}"/>`,
      '<g fill="#ffffff" font-family="Verdana, DejaVu Sans, sans-serif" font-size="11">',
      `<text x="16" y="14" text-anchor="middle" textLength="20" ${attributes}>a&lt;b</text>`,
      `<text x="${32 + width / 2}" y="14" text-anchor="middle" textLength="${textLength}" ${attributes}>${state}</text>`,
      '</g></svg>\n',
    ].join(''),
  );
});

describe('a message of the day', () => {
  const system = (figures: Record<string, number | null>, age = 150) =>
    ({ name: 'Derecho', state: 'degraded', age, figures }) as unknown as SystemOverview;
  const lines = (...parameters: Parameters<typeof motd>) => motd(...parameters).split('\n');

  test('has the state, what is in use, open outages, and the next three plans', () => {
    const figures = {
      ...{ cpu_cores_allocated: 245_000, cpu_cores_total: 321_536, gpu_count_allocated: 485, gpu_count_total: 656 },
      ...{ running_jobs: 1245, pending_jobs: 2328 },
    };
    const events = [
      event('open', '01T10:00', { system: 'DERECHO' }),
      event('expected', '01T12:00', { kind: 'maintenance', end: at('01T12:01') }),
      event('over', '01T10:00', { end: at('01T12:00') }),
      event('used', '01T10:00', { kind: 'reservation' }),
      event('elsewhere', '01T10:00', { system: 'casper' }),
      event('fifth', '06T08:00'),
      event('third', '04T08:00', { end: at('05T18:30') }),
      event('second', '02T08:05', { kind: 'reservation' }),
      event('first', '01T12:01', { title: 'x'.repeat(100) }),
    ];
    expect(lines(system(figures), events, 'America/Denver', now)).toEqual([
      'Derecho is degraded (data of 3 min ago)',
      '245,000 of 321,536 cores in use (76 %)',
      '485 of 656 GPUs in use (74 %)',
      '1,245 jobs running, 2,328 pending',
      'Now: Title of open',
      'Now: Title of expected, expected to end Sun 1 Mar 05:01',
      `Sun 1 Mar 05:01: ${'x'.repeat(62)}…`,
      'Mon 2 Mar 01:05: Title of second',
      'Wed 4 Mar 01:00 to Thu 5 Mar 11:30: Title of third',
      'Times are in America/Denver.',
      '',
    ]);
  });

  test('without figures and events is one line', () => {
    for (const figures of [
      {},
      { cpu_cores_allocated: 0, cpu_cores_total: 0, gpu_count_total: 4, running_jobs: null },
    ]) {
      expect(lines(system(figures, 89), [], 'UTC', now)).toEqual(['Derecho is degraded (data of 1 min ago)', '']);
    }
  });

  test('has no pending jobs if their number is unknown, and the zone for an open outage alone', () => {
    const figures = { running_jobs: 7, cpu_cores_allocated: 3, cpu_cores_total: null };
    expect(lines(system(figures, 0), [event('open', '01T10:00')], 'UTC', now)).toEqual([
      'Derecho is degraded (data of 0 min ago)',
      '7 jobs running, 0 pending',
      'Now: Title of open',
      'Times are in UTC.',
      '',
    ]);
  });
});
