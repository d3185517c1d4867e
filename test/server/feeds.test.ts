/** Outages and reservations as a feed, a calendar, a badge and a message of the day. */

import { afterAll, beforeAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { calendar } from '../../src/server/feeds/calendar.ts';
import type { FeedEvent } from '../../src/server/feeds/events.ts';
import type { Overview } from '../../src/server/status/overview.ts';
import { overEngines, startForTest, type TestReceiver } from './helper.ts';
import { leastTotals } from './samples.ts';

const hostile = 'Cooling <script>alert(1)</script> & more, "now"; \u001b[31mred\u0007';

overEngines((engine) => {
  let receiver: TestReceiver;
  beforeAll(async () => {
    receiver = await startForTest({ engine });
    const soon = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, -1);
    await receiver.post('derecho', {
      ...leastTotals,
      timestamp: soon(0),
      reservations: [
        { reservation_name: 'class', start_time: soon(5), end_time: soon(9), node_count: 12, description: 'R4' },
      ],
    });
    await receiver.post('outage', {
      system_name: 'derecho',
      title: hostile,
      severity: 'maintenance',
      start_time: soon(70),
      estimated_resolution: soon(80),
    });
  });
  afterAll(() => receiver.remove());

  const get = (path: string) => fetch(receiver.url + path);

  test('the feed has them, and their text as text', async () => {
    const answer = await get('/status.atom');
    expect(answer.headers.get('content-type')).toBe('application/atom+xml; charset=utf-8');
    const feed = await answer.text();
    expect(feed.match(/<entry>/g)).toHaveLength(2);
    expect(feed).toContain('<title>derecho: Cooling &lt;script&gt;alert(1)&lt;/script&gt; &amp; more');
    expect(feed).toContain('<title>derecho: Reservation class</title>');
    expect(feed).not.toMatch(/[\u0000-\u0008\u000b-\u001f]/);
  });

  test('the calendar has them with their times', async () => {
    const answer = await get('/calendar.ics');
    expect(answer.headers.get('content-type')).toBe('text/calendar; charset=utf-8');
    const text = (await answer.text()).replaceAll('\r\n ', '');
    expect(text.match(/BEGIN:VEVENT/g)).toHaveLength(2);
    expect(text).toContain('SUMMARY:derecho: Cooling <script>alert(1)</script> & more\\, "now"\\; [31mred\r\n');
    expect(text).toMatch(/DTSTART:\d{8}T\d{6}Z\r\nDTEND:\d{8}T\d{6}Z\r\nSUMMARY:derecho: Reservation class/);
  });

  test('the badge says the state, and asks the browser for nothing', async () => {
    const answer = await get('/systems/derecho/badge.svg');
    expect(answer.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'");
    expect(await answer.text()).toContain('<title>derecho: up</title>');
  });

  test('the message of the day is plain text without control characters, 80 columns wide', async () => {
    const text = await (await get('/systems/derecho/motd.txt')).text();
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('derecho is up (data of 0 min ago)');
    expect(lines.some((line) => line.includes('Reservation class'))).toBe(true);
    expect(lines.some((line) => line.includes('Cooling'))).toBe(true);
    expect(lines.filter((line) => line.length > 80 || /[\u0000-\u001f\u007f]/.test(line))).toEqual([]);
  });

  test('an unknown system is not found', async () => {
    expect((await get('/systems/nowhere/badge.svg')).status).toBe(404);
    expect((await get('/systems/nowhere/motd.txt')).status).toBe(404);
  });

  test('the overview has the days, the figures and the last 24 hours of each system', async () => {
    const overview = (await (await get('/api/v1/overview')).json()) as Overview;
    expect(overview).toMatchObject({
      systems: [{ name: 'derecho', state: 'up', figures: { cpu_cores_total: leastTotals.cpu_cores_total } }],
      outages: [{ title: hostile }],
      reservations: [{ reservation_name: 'class' }],
    });
    expect(overview.systems[0]?.days).toHaveLength(90);
    expect(overview.systems[0]?.days.at(-2)).toMatchObject({ up: 0, unknown: 86_400 });
  });
});

test('every line of a calendar has at most 75 octets, and unfolds to the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (title) => {
      const event: FeedEvent = {
        id: 'outage-1',
        kind: 'outage',
        system: 's',
        title,
        text: '',
        start: 0,
        end: null,
        updated: 0,
        page: '/',
      };
      const text = calendar([event], 'http://localhost', new Date(0));
      const lines = text.split('\r\n');
      expect(lines.filter((line) => Buffer.byteLength(line) > 75)).toEqual([]);
      const summary =
        text
          .replaceAll('\r\n ', '')
          .split('\r\n')
          .find((line) => line.startsWith('SUMMARY:')) ?? '';
      const unescaped = summary.slice('SUMMARY:s: '.length).replaceAll(/\\([\\;,])/g, '$1');
      expect(unescaped).toBe(title.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ''));
    }),
  );
});
