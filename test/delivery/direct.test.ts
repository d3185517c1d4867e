/** Snapshots that are posted without the outbox. */

import { expect, test } from 'bun:test';
import { postDirectly } from '../../src/delivery/direct.ts';
import { samDestination } from '../../src/delivery/sam.ts';
import { accepted, answer, closedPort, settingsFor, startScripted } from './helper.ts';

const entryOf = (body: string) => ({
  ...({
    id: 'an-id',
    stream: 'sam/derecho',
    destination: 'sam',
    method: 'POST',
    path: '/api/v1/status/derecho',
    body,
  } as const),
  ...({
    collectedAt: new Date(),
    failedProbes: [],
    rejectedBecause: null,
    state: 'pending',
    firstSentAt: null,
  } as const),
});
const post = (url: string, body: string) =>
  postDirectly(samDestination(settingsFor(url, { max_body_bytes: 12 })), entryOf(body));

test('a body of the largest size is posted, and a larger one is not', async () => {
  const server = await startScripted(() => accepted());
  try {
    const { outcome, sentAt } = await post(server.url, '{"number":1}');
    expect(outcome.kind).toBe('accepted');
    expect(Math.abs(Date.now() - (sentAt?.getTime() ?? 0))).toBeLessThan(60_000);
    expect(await post(server.url, '{"number":12}')).toEqual({
      outcome: { kind: 'too-large', detail: 'the body has 13 bytes, the limit is 12' },
      sentAt: null,
    });
    expect(server.seen.map(({ body }) => body)).toEqual(['{"number":1}']);
  } finally {
    server.stop();
  }
});

test('a post has a time only if the API may have stored it', async () => {
  const server = await startScripted(() => answer(403, 'no'));
  try {
    expect(await post(server.url, '{}')).toMatchObject({ outcome: { kind: 'misconfigured' }, sentAt: null });
  } finally {
    server.stop();
  }
  expect(await post(`http://127.0.0.1:${await closedPort()}`, '{}')).toMatchObject({
    outcome: { kind: 'unavailable' },
    sentAt: null,
  });
});
