/** A run that nobody watches: cron sends what it prints as mail, so it prints what changed and nothing else. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { install, playback } from '../support/playback.ts';
import { accept, refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { fixtures, newSite, type Site } from '../support/site.ts';

let site: Site;
let api: SamApi;
let programs: string;
let answer: Parameters<typeof startSamApi>[0];
beforeEach(() => {
  site = newSite();
  programs = site.localSystem('casper');
  answer = accept;
  api = startSamApi((posted, count) => answer?.(posted, count) ?? accept(posted, count));
  site.api(api.url);
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

const silence = { exit: 0, stdout: '', stderr: '' };
const run = (...args: string[]) => site.runUnwatched('run', 'casper', ...args);
const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');
/** Fails at once, and is due again at once. */
const unauthorised = refuse(401, 'Invalid credentials');

test('success is silent, and the log has it all the same', async () => {
  expect(await run()).toMatchObject(silence);
  expect(await site.runUnwatched('collect', 'casper')).toMatchObject(silence);
  expect(await site.runUnwatched('drain')).toMatchObject(silence);
  const log = readFileSync(site.logFile, 'utf8');
  expect(log.match(/ INFO \[casper\] ✓ /g)).toHaveLength(4);
  expect(log).toContain('INFO [collector] Finished: SUCCESS');
});

test('-v and a terminal show it all', async () => {
  expect((await run('-v')).stderr).toContain('✓ Posted casper status');
});

describe('an API that is away', () => {
  test('is one line when it goes, none while it is away, and one when it is back', async () => {
    answer = unauthorised;
    const first = await run();
    expect(first.exit).toBe(1);
    expect(linesOf(first.stderr)).toEqual([
      expect.stringMatching(/^\[.*\] ERROR \[casper\] ✗ casper status waits: .* HTTP 401/),
    ]);
    for (let again = 0; again < 3; again++) expect(await run()).toMatchObject({ exit: 1, stderr: '' });
    answer = accept;
    const back = await run();
    expect(linesOf(back.stderr)).toEqual([
      expect.stringMatching(
        /INFO \[collector\] ✓ Delivered again; since \d{4}-.* UTC: casper status waits: .* HTTP 401/,
      ),
    ]);
    expect(await run()).toMatchObject(silence);
    expect(readFileSync(site.logFile, 'utf8').match(/ ERROR .* HTTP 401/g)).toHaveLength(4);
    expect(readFileSync(site.logFile, 'utf8')).toContain('✓ Delivered again');
  });

  test('is one line for all systems', async () => {
    site.localSystem('derecho');
    answer = unauthorised;
    expect(linesOf((await site.runUnwatched('run', 'casper', 'derecho')).stderr)).toHaveLength(1);
  });

  test('and fails in another way is one more line', async () => {
    answer = unauthorised;
    await run();
    answer = refuse(404, 'no such page');
    expect(linesOf((await run()).stderr)).toEqual([expect.stringContaining('HTTP 404')]);
    answer = unauthorised;
    expect(await run()).toMatchObject({ exit: 1, stderr: '' });
  });

  test('is not back while its stream only rests', async () => {
    answer = refuse(503, 'maintenance');
    await site.run('collect', 'casper');
    expect(linesOf((await site.runUnwatched('drain', '--max-seconds', '1')).stderr)).toHaveLength(1);
    answer = accept;
    expect(await site.runUnwatched('drain')).toMatchObject(silence);
    expect((await site.runUnwatched('drain', '--now')).stderr).toContain('✓ Delivered again');
  });
});

test('a probe that fails is a line, and one when it is well again, whatever becomes of others', async () => {
  install(programs, { pbs_rstat: '#!/bin/sh\necho "no server" >&2; exit 1\n' });
  expect(linesOf((await run()).stderr)).toEqual([expect.stringContaining('reservations: pbs_rstat')]);
  expect(await run()).toMatchObject(silence);
  install(programs, { qstat: '#!/bin/sh\necho "no licence" >&2; exit 1\n' });
  const second = linesOf((await run()).stderr);
  expect(second.length).toBeGreaterThan(0);
  for (const line of second) expect(line).toContain('no licence');
  install(programs, { pbs_rstat: playback(`${fixtures}/casper`).pbs_rstat ?? '' });
  expect(linesOf((await run()).stderr)).toEqual([
    expect.stringMatching(/INFO \[casper\] ✓ Well again; since .* UTC: reservations: pbs_rstat .*no server/),
  ]);
});

test('missing credentials are said once', async () => {
  site.configure('env', `STATUS_API_URL=${api.url}\n`);
  const first = await run();
  expect(first.exit).toBe(2);
  expect(linesOf(first.stderr)).toHaveLength(1);
  expect(await run()).toMatchObject({ exit: 2, stderr: '' });
});

test('where nothing can be remembered, every error is said every time', async () => {
  const outbox = '/proc/none/outbox.db';
  const { stderr } = await run('--outbox', outbox);
  expect(linesOf(stderr).length).toBeGreaterThan(0);
  expect(linesOf((await run('--outbox', outbox)).stderr)).toHaveLength(linesOf(stderr).length);
});

test('what was asked for is shown', async () => {
  expect((await run('--dry-run')).stderr).toContain('[DRY RUN] Would POST to');
  expect((await site.runUnwatched('run', 'caspr')).stderr).toContain("did you mean 'casper'?");
});
