/** Several of us at once: of two alike one works, the other leaves at once; what differs does not wait. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { install, playback } from '../support/playback.ts';
import { accept, type SamApi, startSamApi } from '../support/sam-api.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

const recording = join(fixtures, 'empty-without-jobs');
const locked = { exit: 75, stdout: '', stderr: '' };

let site: Site;
let api: SamApi;
let programs: string;
/** The API answers nothing before this is called. */
let open: () => void;
beforeEach(() => {
  site = newSite();
  const gate = Promise.withResolvers<void>();
  open = () => gate.resolve();
  api = startSamApi(async (posted, count) => {
    await gate.promise;
    return accept(posted, count);
  });
  site.api(api.url);
  programs = site.localSystem('derecho', { recording: 'empty-without-jobs', yaml: 'timeouts: { command: 170 }' });
  site.localSystem('casper', { recording: 'empty-without-jobs' });
});
afterEach(async () => {
  open();
  await site.remove();
  await api.stop();
});

/** Two entries wait, and a drain has sent the first. */
async function startDrain() {
  const at = Date.now() - 600_000;
  fillOutbox(
    site.outbox,
    [0, 1].map((n) => snapshotEntry('derecho', { at: new Date(at + n) })),
  );
  const running = site.start(['drain']);
  await until(() => api.posted.length === 1, 'the first is sent');
  return running;
}

/** A collection of derecho in the middle of its probes. */
async function startCollect() {
  const marker = join(programs, 'qstat-runs');
  // It runs for as long as a test may last; without its directory it ends by itself.
  install(programs, { qstat: `#!/bin/sh\n: > '${marker}'\nwhile [ -e '${marker}' ]; do /bin/sleep 0.5; done\n` });
  const running = site.start(['collect', 'derecho']);
  await until(() => existsSync(marker), 'qstat runs');
  install(programs, playback(recording));
  return running;
}

const posted = () => api.posted.map(({ headers }) => headers.get('idempotency-key') ?? '');

test('a second drain exits at once and silently; the first goes on', async () => {
  const first = await startDrain();
  expect(await site.run('drain', '--quiet')).toMatchObject(locked);
  expect(await site.run('drain', '--quiet', '--now', '--stream', 'sam/casper')).toMatchObject(locked);
  open();
  expect(await first.ended).toMatchObject({ exit: 0 });
  expect(posted()).toHaveLength(2);
});

test('collect and run store, exit with 0 and leave the delivery to the drain that is under way', async () => {
  const first = await startDrain();
  expect(await site.run('collect', 'derecho')).toMatchObject({ exit: 0 });
  expect(await site.run('run', 'derecho', 'casper')).toMatchObject({ exit: 0 });
  expect(await site.entries('pending')).toHaveLength(5);
  expect(posted()).toHaveLength(1);
  open();
  expect(await first.ended).toMatchObject({ exit: 0 });
  const delivered = await site.entries('delivered');
  expect(delivered).toHaveLength(5);
  expect(posted()).toEqual(delivered.map(({ id }) => id));
});

test('a second collection of a system exits at once and silently; of another system it runs', async () => {
  const first = await startCollect();
  expect(await site.run('collect', '--quiet', 'derecho')).toMatchObject(locked);
  expect(await site.run('run', '--quiet', 'derecho')).toMatchObject(locked);
  expect(posted()).toEqual([]);
  expect(await site.run('collect', 'derecho', 'casper')).toMatchObject({ exit: 0 });
  expect(await site.entries()).toMatchObject([{ stream: 'sam/casper' }]);
  first.kill('SIGKILL');
});

test('a killed drain leaves no lock', async () => {
  const first = await startDrain();
  first.kill('SIGKILL');
  await first.ended;
  open();
  expect(await site.run('drain')).toMatchObject({ exit: 0 });
  expect(await site.entries('delivered')).toHaveLength(2);
});

test('a killed collection leaves no lock', async () => {
  const first = await startCollect();
  first.kill('SIGKILL');
  await first.ended;
  expect(await site.run('collect', 'derecho')).toMatchObject({ exit: 0 });
  expect(await site.entries()).toHaveLength(1);
});

test('of ten drains at once one works', async () => {
  const at = Date.now() - 600_000;
  fillOutbox(site.outbox, [snapshotEntry('derecho', { at: new Date(at) })]);
  const drains = Array.from({ length: 10 }, () => site.run('drain', '--quiet'));
  // Nine can end while the one that sends cannot.
  const codes: (number | null)[] = [];
  for (const drain of drains) void drain.then(({ exit }) => codes.push(exit));
  await until(() => codes.length === 9, 'nine have left');
  expect(codes).toEqual(new Array(9).fill(75));
  open();
  await Promise.all(drains);
  expect(codes.at(-1)).toBe(0);
  expect(posted()).toHaveLength(1);
});
