import { expect, test } from 'bun:test';
import {
  endMaintenance,
  isInMaintenance,
  maintenanceEnd,
  maintenances,
  startMaintenance,
} from '../../src/outage/maintenance.ts';
import { writeFact } from '../../src/outbox/metadata.ts';
import { newOutbox } from '../outbox/queue.ts';

const now = new Date('2026-05-01T12:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const maintenance = (system: string, hours: number, reason: string | null = null) => ({
  system,
  since: now,
  until: later(hours),
  reason,
});

test('a maintenance is of its system alone and ends by itself', () => {
  const { outbox, remove } = newOutbox();
  startMaintenance(outbox.database, maintenance('derecho', 2, 'cooling'));
  expect(isInMaintenance(outbox.database, 'derecho', later(1.9))).toBe(true);
  expect(isInMaintenance(outbox.database, 'derecho', later(2))).toBe(false);
  expect(isInMaintenance(outbox.database, 'casper', now)).toBe(false);
  remove();
});

test('a second one of a system takes the place of the first; others stay', () => {
  const { outbox, remove } = newOutbox();
  for (const one of [maintenance('derecho', 2), maintenance('casper', 1), maintenance('derecho', 9)])
    startMaintenance(outbox.database, one);
  expect(maintenances(outbox.database, now)).toEqual([maintenance('casper', 1), maintenance('derecho', 9)]);
  remove();
});

test('one that is ended is over, and only one that there is can be', () => {
  const { outbox, remove } = newOutbox();
  startMaintenance(outbox.database, maintenance('derecho', 2));
  expect(endMaintenance(outbox.database, 'casper', now)).toBe(false);
  expect(endMaintenance(outbox.database, 'derecho', now)).toBe(true);
  expect(endMaintenance(outbox.database, 'derecho', now)).toBe(false);
  expect(maintenances(outbox.database, now)).toEqual([]);
  expect(maintenanceEnd(outbox.database, 'derecho', later(1))).toEqual(now);
  remove();
});

test('when the last one of a system was over is remembered, whatever becomes of others', () => {
  const { outbox, remove } = newOutbox();
  expect(maintenanceEnd(outbox.database, 'derecho', now)).toBeNull();
  startMaintenance(outbox.database, maintenance('derecho', 2));
  expect(maintenanceEnd(outbox.database, 'derecho', later(1))).toBeNull();
  startMaintenance(outbox.database, maintenance('casper', 9));
  expect(maintenanceEnd(outbox.database, 'derecho', later(3))).toEqual(later(2));
  expect(maintenanceEnd(outbox.database, 'casper', later(3))).toBeNull();
  remove();
});

test('what cannot be read is none', () => {
  const { outbox, remove } = newOutbox();
  for (const text of ['{', '[{"system":1}]', 'null']) {
    writeFact(outbox.database, 'maintenance', text);
    expect(maintenances(outbox.database, now)).toEqual([]);
  }
  remove();
});
