/** The messages and the heartbeat at the end of a run. */

import { afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import * as heartbeat from '../../src/health/notify/heartbeat.ts';
import * as notifying from '../../src/health/notify/notify.ts';
import * as open from '../../src/outbox/open.ts';
import { afterRun } from '../../src/run/after-run.ts';
import { newPlace, type Place } from './place.ts';

let place: Place;
let ping: ReturnType<typeof spyOn<typeof heartbeat, 'pingHeartbeat'>>;
let notify: ReturnType<typeof spyOn<typeof notifying, 'notify'>>;
let opened: ReturnType<typeof spyOn<typeof open, 'openForRepair'>>;
beforeEach(() => {
  ping = spyOn(heartbeat, 'pingHeartbeat').mockResolvedValue();
  notify = spyOn(notifying, 'notify').mockResolvedValue();
  opened = spyOn(open, 'openForRepair');
});
afterEach(() => {
  for (const spy of [ping, notify, opened]) spy.mockRestore();
  place.remove();
});

function configure(yaml: string, hasOutbox = true): void {
  place = newPlace({ 'collector.yaml': yaml });
  if (hasOutbox) place.withOutbox(() => {});
}

const end = (isGood = true) => afterRun(place.context, isGood, place.context.log);
const calls = () => [ping.mock.calls.length, notify.mock.calls.length, opened.mock.calls.length];

test.each([
  ['notify: { command: [/bin/true] }', 0],
  ['notify: { webhook: https://hooks.example.org }', 0],
  ['heartbeat_url: https://alive.example.org', 1],
])('with %p the state of health is reported, and heartbeats sent: %i', async (yaml, heartbeats) => {
  configure(yaml);
  await end();
  expect([calls(), place.lines]).toEqual([[heartbeats, 1, 1], []]);
});

test('the heartbeat is fetched through the proxy for its address', async () => {
  configure('heartbeat_url: https://alive.example.org\nproxy: http://proxy.example.org:8080\n');
  await end();
  expect(ping.mock.calls.map(([, ...of]) => of)).toEqual([
    ['https://alive.example.org', expect.stringContaining('proxy.example.org:8080'), place.context.log],
  ]);
});

test('a failed run sends no heartbeat', async () => {
  configure('heartbeat_url: https://alive.example.org');
  await end(false);
  expect(calls()).toEqual([0, 1, 1]);
});

test.each([
  ['nothing is configured', '', true],
  ['there is no outbox', 'heartbeat_url: https://alive.example.org', false],
])('nothing happens if %s', async (_, yaml, hasOutbox) => {
  configure(yaml, hasOutbox);
  await end();
  expect([calls(), place.lines]).toEqual([[0, 0, 0], []]);
});

test('a failure is a warning, and no failure of the run', async () => {
  configure('notify: { command: [/bin/true] }');
  notify.mockRejectedValue(new Error('no idea'));
  await end();
  expect(place.lines).toEqual(['WARN no messages about health are sent: no idea']);
});
