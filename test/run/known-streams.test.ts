import { afterAll, beforeAll, expect, test } from 'bun:test';
import { dirname } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import { drop } from '../../src/outbox/drop.ts';
import { checkStream } from '../../src/run/known-streams.ts';
import { attemptAt, newOutbox, put, type TestOutbox } from '../outbox/queue.ts';

let here: TestOutbox;
beforeAll(() => {
  here = newOutbox();
  const { outbox } = here;
  put(outbox, { stream: 'ingest/waiting' });
  const delivered = put(outbox, { stream: 'ingest/delivered' });
  outbox.delivered(delivered, attemptAt(new Date()), '{}');
  drop(outbox.database, outbox.list('delivered'), '', new Date());
  drop(outbox.database, [put(outbox, { stream: 'ingest/dropped' })], 'by hand', new Date());
});
afterAll(() => here.remove());

const check = (stream: string | null) => () =>
  checkStream(here.outbox, stream, loadConfig(dirname(here.file), { HOME: dirname(here.file) }));

test.each([null, 'ingest/waiting', 'ingest/delivered', 'ingest/dropped', 'sam/outage'])('%s is a stream', (stream) => {
  expect(check(stream)).not.toThrow();
});

test.each([
  ['dropped', "--stream dropped: there is no such stream: did you mean 'ingest/dropped'?"],
  ['ingest/waitng', "--stream ingest/waitng: there is no such stream: did you mean 'ingest/waiting'?"],
  [
    'x'.repeat(61),
    `--stream ${'x'.repeat(60)}…: there is no such stream: the streams are ingest/delivered, ingest/dropped, ingest/waiting, sam/casper, sam/derecho, sam/jupyterhub, sam/outage`,
  ],
])('%s is none', (stream, message) => {
  expect(check(stream)).toThrow(message);
});
