import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { isTimeZone, naiveUtc, readableUtc, timeInZone } from '../../src/lib/time.ts';

const moment = new Date('2025-11-25T14:30:00.042Z');

test('a naive time has milliseconds and no offset', () => {
  expect(naiveUtc(moment)).toBe('2025-11-25T14:30:00.042');
});

test('a readable time has seconds', () => {
  expect(readableUtc(moment)).toBe('2025-11-25 14:30:00');
});

test.each([
  ['America/Denver', true],
  ['UTC', true],
  ['Europe/Zurich', true],
  ['America/Denvre', false],
  ['', false],
  ['2026-01-15T12:00:00Z', false],
  ['2026-01-15T12:00:00-07:00[America/Denver]', false],
  ['US/Mountain', true],
  ['europe/zurich', true],
])('%p is a time zone: %p', (name, expected) => {
  expect(isTimeZone(name)).toBe(expected);
});

function at(text: string, timeZone: string): string {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/\D/).map(Number);
  return timeInZone({ year, month, day, hour, minute, second }, timeZone).toISOString();
}

describe("a cluster's local time becomes UTC", () => {
  test.each([
    ['in winter', '2026-01-15 12:00:00', 'America/Denver', '2026-01-15T19:00:00.000Z'],
    ['in summer', '2026-07-15 12:00:00', 'America/Denver', '2026-07-15T18:00:00.000Z'],
    ['a second before spring', '2026-03-08 01:59:59', 'America/Denver', '2026-03-08T08:59:59.000Z'],
    [
      'in the hour that is left out: as if it were still winter',
      '2026-03-08 02:30:00',
      'America/Denver',
      '2026-03-08T09:30:00.000Z',
    ],
    ['as spring begins', '2026-03-08 03:00:00', 'America/Denver', '2026-03-08T09:00:00.000Z'],
    ['before the hour that comes twice', '2026-11-01 00:59:59', 'America/Denver', '2026-11-01T06:59:59.000Z'],
    ['in the hour that comes twice: the first', '2026-11-01 01:30:00', 'America/Denver', '2026-11-01T07:30:00.000Z'],
    ['after the hour that comes twice', '2026-11-01 02:00:00', 'America/Denver', '2026-11-01T09:00:00.000Z'],
    ['at midnight', '2026-11-21 00:00:00', 'America/Denver', '2026-11-21T07:00:00.000Z'],
    ['where half an hour changes', '2026-04-05 01:45:00', 'Australia/Lord_Howe', '2026-04-04T14:45:00.000Z'],
    ['where a day was left out', '2011-12-30 12:00:00', 'Pacific/Apia', '2011-12-30T22:00:00.000Z'],
    ['in UTC itself', '2026-11-21 00:00:00', 'UTC', '2026-11-21T00:00:00.000Z'],
  ])('%s', (_, local, timeZone, expected) => {
    expect(at(local, timeZone)).toBe(expected);
  });

  /** What the clocks of a zone show, told by Intl alone: `2026-11-21 00:00:00`. */
  const shown = (time: Date, timeZone: string) => time.toLocaleString('sv-SE', { timeZone });

  test('and it is the first time at which the clocks of the zone show it', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1990-01-01'), max: new Date('2040-01-01'), noInvalidDate: true }),
        fc.constantFrom('America/Denver', 'Europe/London', 'Asia/Kolkata', 'Australia/Lord_Howe', 'UTC'),
        (date, timeZone) => {
          const second = new Date(Math.floor(date.getTime() / 1000) * 1000);
          const found = new Date(at(shown(second, timeZone), timeZone));
          expect(shown(found, timeZone)).toBe(shown(second, timeZone));
          expect(found.getTime()).toBeLessThanOrEqual(second.getTime());
        },
      ),
    );
  });

  test('every five minutes of both changes of 2026', () => {
    for (const day of ['2026-03-08', '2026-11-01']) {
      for (let minute = 0; minute < 8 * 60; minute += 5) {
        const time = new Date(Date.parse(`${day}T05:00:00Z`) + minute * 60_000);
        const found = new Date(at(shown(time, 'America/Denver'), 'America/Denver'));
        const isSecondOfTwo = time.getTime() - found.getTime() === 3_600_000;
        expect(isSecondOfTwo || found.getTime() === time.getTime()).toBe(true);
        expect(isSecondOfTwo).toBe(day === '2026-11-01' && time.getUTCHours() === 8);
      }
    }
  });
});
