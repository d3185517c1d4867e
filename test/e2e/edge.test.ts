/** What an edge in front of the API answers by itself decides nothing about an entry: a real nginx before `serve`. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { needs } from '../support/needs.ts';
import { type Edge, startEdge } from '../support/nginx.ts';
import { freePorts } from '../support/ports.ts';
import { type EntryJson, newSite, type Site } from '../support/site.ts';

const testNginx = needs('nginx');

let site: Site;
let edge: Edge;
let listen: string;
beforeEach(async () => {
  site = newSite();
  listen = `127.0.0.1:${await freePorts(1)}`;
  edge = await startEdge(`http://${listen}`);
  site.api(edge.url);
  site.localSystem('casper');
});
afterEach(async () => {
  await edge.stop();
  await site.remove();
});

const serve = () => site.serve({ listen });

async function collect(count: number): Promise<string[]> {
  for (let number = 0; number < count; number++) await site.run('collect', 'casper');
  return (await site.entries()).map(({ id }) => id);
}

async function onlyEntry(): Promise<EntryJson> {
  const [entry] = await site.entries();
  if (entry === undefined) throw new Error('the outbox is empty');
  return entry;
}

testNginx(
  "an HTML page of the API's proxy leaves the entry pending for any status, and the API accepts it later",
  async () => {
    await serve();
    await collect(1);
    for (const status of [302, 400, 403, 404, 409, 415, 422, 200] as const) {
      edge.block(status);
      const refused = await site.run('drain');
      expect([status, refused.exit]).toEqual([status, 1]);
      expect(refused.stderr).toContain(
        status === 302 ? 'HTTP 302, a redirect' : `HTTP ${status} that is not the API's`,
      );
      const isPerhapsStored = status === 200;
      expect(await onlyEntry()).toMatchObject({
        state: 'pending',
        attempts: 0,
        first_sent_at: isPerhapsStored ? expect.any(String) : null,
      });
      edge.unblock();
    }
    expect(await site.run('drain')).toMatchObject({ exit: 0 });
    expect(await onlyEntry()).toMatchObject({ state: 'delivered', last_status: 201 });
  },
);

testNginx('a 409 page after a 502 does not count as delivered', async () => {
  await collect(1);
  expect((await site.run('drain')).stderr).toContain('HTTP 502: 502 Bad Gateway');
  await serve();
  edge.block(409);
  const refused = await site.run('drain', '--now');
  expect(refused.exit).toBe(1);
  expect(refused.stderr).toContain("HTTP 409 that is not the API's answer: 409 Conflict");
  expect(await onlyEntry()).toMatchObject({ state: 'pending', delivered_at: null });
  edge.unblock();
  expect((await site.run('drain')).exit).toBe(0);
  expect(await onlyEntry()).toMatchObject({ state: 'delivered', last_status: 201 });
});

testNginx(
  "a 413 page of the API's proxy counts: the entry is sent without user rows, and `show` reports it",
  async () => {
    await serve();
    mkdirSync(dirname(site.outbox), { recursive: true });
    fillOutbox(site.outbox, [snapshotEntry('derecho', { at: new Date(), userRows: 1000 })]);
    const drained = await site.run('drain');
    expect(drained).toMatchObject({ exit: 0 });
    expect(drained.stderr).toMatch(/HTTP 413: 413 Request Entity Too Large .*; sending it without user_project_queues/);
    const { id, state } = await onlyEntry();
    expect(state).toBe('delivered');
    expect((await site.run('outbox', 'show', id)).stdout).toMatch(
      /accepted +status_id=\d+, sent without user_project_queues/,
    );
  },
);

describe("an entry that alone is refused by the API's proxy is rejected after five drains, and its stream goes on:", () => {
  testNginx.each([403, 444] as const)('%d', async (status) => {
    await serve();
    const [head = '', next = ''] = await collect(2);
    edge.block(status, head);
    // One try a drain: the retries of an unavailable destination take seconds.
    for (let drain = 0; drain < 4; drain++) await site.run('drain', '--now', '--max-seconds', '1');
    expect(await site.entries('pending')).toHaveLength(2);
    const fifth = await site.run('drain', '--now', '--max-seconds', '1');
    expect(fifth.exit).toBe(1);
    const states = new Map((await site.entries()).map((entry) => [entry.id, entry]));
    expect(states.get(next)).toMatchObject({ state: 'delivered' });
    expect(states.get(head)).toMatchObject({
      state: 'rejected',
      last_error: expect.stringMatching(/; failed 5 drains while the entry behind it was accepted$/),
    });
    expect(fifth.stderr).toContain(`outbox show ${head}`);
  });
});
