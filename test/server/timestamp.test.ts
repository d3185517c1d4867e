import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { canonicalTimestamp, laterBy, millisecondsOf, timestampOf } from '../../src/server/timestamp.ts';

test.each([
  ['2026-03-01T10:00:00', '2026-03-01T10:00:00'],
  ['2026-03-01T10:00:00.123456', '2026-03-01T10:00:00.123456'],
  ['2026-03-01T10:00:00.123', '2026-03-01T10:00:00.123000'],
  ['2026-03-01T10:00:00,5', '2026-03-01T10:00:00.500000'],
  ['2026-03-01T10:00:00.000', '2026-03-01T10:00:00'],
  ['2026-03-01T10:00:00.1234567', '2026-03-01T10:00:00.123456'],
  ['2026-03-01 10:25:00', '2026-03-01T10:25:00'],
  ['2026-03-01T10:30', '2026-03-01T10:30:00'],
  ['2026-03-01', '2026-03-01T00:00:00'],
  ['20260301T103000', '2026-03-01T10:30:00'],
  ['2026-W09-7', '2026-03-01T00:00:00'],
  ['2026-W01', '2025-12-29T00:00:00'],
  ['2020-W53-5', '2021-01-01T00:00:00'],
  ['2026-03-01T10:00:00Z', '2026-03-01T10:00:00'],
  ['2026-03-01T10:00:00+00:00', '2026-03-01T10:00:00'],
  ['2026-03-01T03:00:00-07:00', '2026-03-01T10:00:00'],
  ['2026-03-01T01:00:00.25+0530', '2026-02-28T19:30:00.250000'],
  ['0099-01-01T00:00:00', '0099-01-01T00:00:00'],
])('%p is %p in UTC', (text, canonical) => {
  expect(canonicalTimestamp(text)).toBe(canonical);
});

test.each([
  '',
  'yesterday',
  '1772359200',
  '2026-02-30',
  '2026-13-01T00:00:00',
  '2026-03-01T24:00:00',
  '2026-03-01T10:60:00',
  '2026-03-01T10:00:00+24:00',
  '2025-W53',
  '2026-W00',
  '0000-01-01',
  '0001-01-01T00:00:00+01:00',
  '9999-12-31T23:59:59-01:00',
  'Sun, 01 Mar 2026 10:00:00 GMT',
  '2026-03-01T10:00:00 Z',
  '2026-03-01T',
])('%p is not a time', (text) => {
  expect(canonicalTimestamp(text)).toBeNull();
});

test('text order is time order, and an instant survives', () => {
  const instants = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
  fc.assert(
    fc.property(instants, instants, (a, b) => {
      expect(millisecondsOf(timestampOf(a))).toBe(a.getTime());
      expect(canonicalTimestamp(a.toISOString())).toBe(timestampOf(a));
      expect(timestampOf(a) < timestampOf(b)).toBe(a.getTime() < b.getTime());
    }),
  );
});

test('any text is a canonical time or none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const canonical = canonicalTimestamp(text);
      if (canonical !== null) expect(canonicalTimestamp(canonical)).toBe(canonical);
    }),
  );
});

test.each([
  ['2026-03-01T23:55:00', 600, '2026-03-02T00:05:00'],
  ['2026-03-01T10:00:00.123456', 1, '2026-03-01T10:00:01.123456'],
  ['9999-12-31T23:59:59', 1, '9999-12-31T23:59:59'],
])('%s is %d s later %s', (timestamp, seconds, later) => {
  expect(laterBy(timestamp, seconds)).toBe(later);
});
