import { expect, test } from 'bun:test';
import {
  endMaintenance,
  isInMaintenance,
  maintenanceEnd,
  maintenances,
  startMaintenance,
} from '../../src/outage/maintenance.ts';
import { newOutbox } from '../outbox/queue.ts';

const now = new Date('2026-05-01T12:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const maintenance = (system: string, hours: number, reason: string | null = null) => ({
  system,
  since: now,
  until: later(hours),
  reason,
});

test('a maintenance applies to its system only, and ends at its time', () => {
  const { outbox, remove } = newOutbox();
  startMaintenance(outbox, maintenance('derecho', 2, 'cooling'));
  expect(isInMaintenance(outbox, 'derecho', later(1.9))).toBe(true);
  expect(isInMaintenance(outbox, 'derecho', later(2))).toBe(false);
  expect(isInMaintenance(outbox, 'casper', now)).toBe(false);
  remove();
});

test('a second maintenance of a system replaces the first; those of other systems stay', () => {
  const { outbox, remove } = newOutbox();
  for (const one of [maintenance('derecho', 2), maintenance('casper', 1), maintenance('derecho', 9)])
    startMaintenance(outbox, one);
  expect(maintenances(outbox, now)).toEqual([maintenance('casper', 1), maintenance('derecho', 9)]);
  remove();
});

test('an ended maintenance is over, and ending needs an existing one', () => {
  const { outbox, remove } = newOutbox();
  startMaintenance(outbox, maintenance('derecho', 2));
  expect(endMaintenance(outbox, 'casper', now)).toBe(false);
  expect(endMaintenance(outbox, 'derecho', now)).toBe(true);
  expect(endMaintenance(outbox, 'derecho', now)).toBe(false);
  expect(maintenances(outbox, now)).toEqual([]);
  expect(maintenanceEnd(outbox, 'derecho', later(1))).toEqual(now);
  remove();
});

test('the end of the last maintenance of a system is stored, independently of other systems', () => {
  const { outbox, remove } = newOutbox();
  expect(maintenanceEnd(outbox, 'derecho', now)).toBeNull();
  startMaintenance(outbox, maintenance('derecho', 2));
  expect(maintenanceEnd(outbox, 'derecho', later(1))).toBeNull();
  startMaintenance(outbox, maintenance('casper', 9));
  expect(maintenanceEnd(outbox, 'derecho', later(3))).toEqual(later(2));
  expect(maintenanceEnd(outbox, 'casper', later(3))).toBeNull();
  remove();
});

test('unreadable maintenance data count as none', () => {
  const { outbox, remove } = newOutbox();
  for (const text of ['{', '[{"system":1}]', 'null']) {
    outbox.metadata.write('maintenance', text);
    expect(maintenances(outbox, now)).toEqual([]);
  }
  remove();
});
