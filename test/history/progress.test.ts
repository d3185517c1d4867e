import { afterEach, beforeEach, expect, test } from 'bun:test';
import {
  type Progress,
  progressInZone,
  readProgress,
  readUntilOfClusters,
  writeProgress,
} from '../../src/history/progress.ts';
import { metadataOf } from '../../src/outbox/recovery/rows.ts';
import { newOutbox, type TestOutbox } from '../outbox/queue.ts';

let here: TestOutbox;
beforeEach(() => {
  here = newOutbox();
});
afterEach(() => here.remove());

const at = (day: number) => new Date(Date.UTC(2026, 10, day));
const none: Progress = { readUntil: null, backfill: null };

test('each cluster has its own progress', () => {
  const { outbox } = here;
  expect(readProgress(outbox, 'farm')).toEqual(none);
  const farm = { readUntil: at(20), backfill: { since: at(1), until: null, done: at(5) } };
  const orchard = { readUntil: null, backfill: { since: at(1), until: at(9), done: at(2) } };
  writeProgress(outbox, 'farm', farm);
  writeProgress(outbox, 'orchard', orchard);
  expect([readProgress(outbox, 'farm'), readProgress(outbox, 'orchard')]).toEqual([farm, orchard]);
});

test('unreadable progress counts as none, and is replaced by the next', () => {
  const { outbox } = here;
  for (const text of ['', '[]', '{"farm":{"readUntil":"soon","backfill":null}}']) {
    outbox.metadata.write('history', text);
    expect(readProgress(outbox, 'farm')).toEqual(none);
  }
  writeProgress(outbox, 'farm', { ...none, readUntil: at(3) });
  expect(readProgress(outbox, 'farm').readUntil).toEqual(at(3));
});

test('the progress survives the recovery of a damaged outbox', () => {
  const { outbox } = here;
  writeProgress(outbox, 'farm', { ...none, readUntil: at(3) });
  const text = outbox.metadata.read('history');
  expect(metadataOf(['history', text])).toEqual(['history', text ?? '']);
});

test('the clusters with a continuous history are listed with the time up to which it was read', () => {
  const { outbox } = here;
  writeProgress(outbox, 'farm', { ...none, readUntil: at(3) });
  writeProgress(outbox, 'orchard', { readUntil: null, backfill: { since: at(1), until: null, done: at(2) } });
  writeProgress(outbox, 'garden', { ...none, readUntil: at(4) });
  expect([...readUntilOfClusters(outbox)]).toEqual([
    ['farm', at(3)],
    ['garden', at(4)],
  ]);
});

test('times in another zone than before are refused, unless all jobs are sent again', () => {
  const { outbox } = here;
  const inZone = (zone: string, isAgain = false) => progressInZone((work) => work(outbox), 'farm', zone, isAgain);
  expect([inZone('UTC'), progressInZone(() => null, 'farm', 'UTC', false)]).toEqual([none, none]);
  const progress = { ...none, readUntil: at(3) };
  writeProgress(outbox, 'farm', progress);
  expect(inZone('Europe/Berlin')).toEqual(progress);
  const zoned = { ...progress, timezone: 'America/Denver' };
  writeProgress(outbox, 'farm', zoned);
  expect([inZone('America/Denver'), inZone('UTC', true)]).toEqual([zoned, zoned]);
  expect(() => inZone('UTC')).toThrow(
    "nothing is exported: jobs.timezone is UTC, but earlier jobs of this cluster were sent in the times of America/Denver, and the API would store jobs twice, hours apart: set jobs.timezone to America/Denver in collector.yaml; or delete the cluster's jobs there and send them in the new times: hpc-collector jobs export --again --since TIME",
  );
});
