/** A run that nobody watches: cron sends what it prints as mail, so it prints what changed and nothing else. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onTerminal } from '../support/on-terminal.ts';
import { install, playback } from '../support/playback.ts';
import { accept, refuse, type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, fixtures, newSite, type Site } from '../support/site.ts';
import { until } from '../support/until.ts';

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

test('a success prints nothing, and is in the log', async () => {
  expect(await run()).toMatchObject(silence);
  expect(await site.runUnwatched('collect', 'casper')).toMatchObject(silence);
  expect(await site.runUnwatched('drain')).toMatchObject(silence);
  const log = readFileSync(site.logFile, 'utf8');
  expect(log.match(/ INFO \[casper\] ✓ /g)).toHaveLength(4);
  expect(log).toContain('INFO [collector] Finished: SUCCESS');
});

test('-v and a terminal show it all', async () => {
  expect((await run('-v')).stderr).toContain('✓ Posted casper status');
  const { lines } = await onTerminal([binary, 'run', 'casper'], site.env);
  expect(lines.join('\n')).toContain('✓ Posted casper status');
});

test('with standard error in a file, a terminal for the output makes no difference', async () => {
  const errors = join(site.directory, 'errors');
  const { exit, lines } = await onTerminal(['/bin/sh', '-c', 'exec "$0" run casper 2>"$1"', binary, errors], site.env);
  expect({ exit, lines, errors: readFileSync(errors, 'utf8') }).toEqual({ exit: 0, lines: [''], errors: '' });
});

describe('an unavailable API', () => {
  test('prints one line at the start of the outage, none during it, and one at its end', async () => {
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
        /INFO \[collector\] ✓ Delivered again after \d+s \(since \d{4}-.* UTC\), 5 entries delivered, 0 left: casper status waits: .* HTTP 401/,
      ),
    ]);
    expect(await run()).toMatchObject(silence);
    expect(readFileSync(site.logFile, 'utf8').match(/ ERROR .* HTTP 401/g)).toHaveLength(4);
    expect(readFileSync(site.logFile, 'utf8')).toContain('✓ Delivered again');
  });

  test('prints one line for all systems', async () => {
    site.localSystem('derecho');
    answer = unauthorised;
    expect(linesOf((await site.runUnwatched('run', 'casper', 'derecho')).stderr)).toHaveLength(1);
  });

  test('that fails in another way prints one more line', async () => {
    answer = unauthorised;
    await run();
    answer = refuse(404, 'no such page');
    expect(linesOf((await run()).stderr)).toEqual([expect.stringContaining('HTTP 404')]);
    answer = unauthorised;
    expect(await run()).toMatchObject({ exit: 1, stderr: '' });
  });

  test('is not reported as back while its stream only pauses', async () => {
    answer = refuse(503, 'maintenance');
    await site.run('collect', 'casper');
    expect(linesOf((await site.runUnwatched('drain', '--max-seconds', '1')).stderr)).toHaveLength(1);
    answer = accept;
    expect(await site.runUnwatched('drain')).toMatchObject(silence);
    expect((await site.runUnwatched('drain', '--now')).stderr).toContain('✓ Delivered again');
  });
});

test('an address that was missing is reported once, and its end with the first entry that is delivered', async () => {
  await site.run('collect', 'casper');
  site.api('');
  expect(await site.runUnwatched('drain')).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('set STATUS_API_URL'),
  });
  expect(await site.runUnwatched('drain')).toMatchObject({ exit: 2, stderr: '' });
  site.api(api.url);
  expect(linesOf((await site.runUnwatched('drain')).stderr)).toEqual([
    expect.stringMatching(/✓ Delivered again .*, 1 entry delivered, 0 left: .*set STATUS_API_URL/),
  ]);
});

describe('a drain that sends nothing', () => {
  const waits = 'casper status waits';
  const recovery = expect.stringContaining('✓ Delivered again');

  test('because another stream was drained does not end the outage', async () => {
    site.localSystem('derecho');
    answer = unauthorised;
    expect((await run()).stderr).toContain(waits);
    await site.run('collect', 'derecho');
    answer = accept;
    expect(await site.runUnwatched('drain', '--stream', 'sam/derecho')).toMatchObject(silence);
    expect(linesOf((await run()).stderr)).toEqual([recovery]);
  });

  test('because nothing is pending does not end the outage', async () => {
    answer = unauthorised;
    expect((await run()).stderr).toContain(waits);
    await site.run('outbox', 'hold', '--all');
    answer = accept;
    expect(await site.runUnwatched('drain')).toMatchObject(silence);
    expect(linesOf((await run()).stderr)).toEqual([recovery]);
  });

  test('ends the outage if it drained that stream', async () => {
    answer = unauthorised;
    expect((await run()).stderr).toContain(waits);
    answer = accept;
    expect(linesOf((await site.runUnwatched('drain', '--stream', 'sam/casper')).stderr)).toEqual([recovery]);
  });

  test('because no such stream exists is a usage error', async () => {
    await site.run('collect', 'casper');
    const { exit, stderr } = await site.run('drain', '--stream', 'casper');
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr: expect.stringContaining("--stream casper: there is no such stream: did you mean 'sam/casper'?"),
    });
    expect(await site.runUnwatched('drain', '--stream', 'sam/csper')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("did you mean 'sam/casper'?"),
    });
    expect(await site.entries('pending')).toHaveLength(1);
  });
});

test('an interrupted collection prints one line, and no recovery at the next run', async () => {
  const marker = join(programs, 'qstat-runs');
  install(programs, { qstat: `#!/bin/sh\n: > '${marker}'\nexec /bin/sleep 60\n` });
  const running = site.start(['run', 'casper', '-v']);
  await until(() => existsSync(marker), 'the collection runs', 20);
  running.kill('SIGTERM');
  const { exit, stderr } = await running.ended;
  expect(exit).toBe(1);
  const said = linesOf(stderr).filter((line) => !/ (Starting: |Collecting )/.test(line));
  expect(said).toEqual([expect.stringContaining('WARNING [collector] Interrupted: no snapshot of casper is stored')]);
  expect(readFileSync(site.logFile, 'utf8')).not.toMatch(/killed|unavailable/);

  rmSync(marker);
  const unwatched = site.startUnwatched('run', 'casper');
  await until(() => existsSync(marker), 'the collection runs', 20);
  unwatched.kill('SIGINT');
  expect(await unwatched.ended).toMatchObject({ exit: 1, stderr: '' });
  install(programs, { qstat: playback(`${fixtures}/casper`).qstat ?? '' });
  expect(await run()).toMatchObject(silence);
});

test('a failed probe prints one line, and one at its recovery, independently of other probes', async () => {
  install(programs, { pbs_rstat: '#!/bin/sh\necho "no server" >&2; exit 1\n' });
  expect(linesOf((await run()).stderr)).toEqual([expect.stringContaining('reservations: pbs_rstat')]);
  expect(await run()).toMatchObject(silence);
  install(programs, { qstat: '#!/bin/sh\necho "no licence" >&2; exit 1\n' });
  const second = linesOf((await run()).stderr);
  expect(second.length).toBeGreaterThan(0);
  for (const line of second) expect(line).toContain('no licence');
  install(programs, { pbs_rstat: playback(`${fixtures}/casper`).pbs_rstat ?? '' });
  expect(linesOf((await run()).stderr)).toEqual([
    expect.stringMatching(
      /INFO \[casper\] ✓ Recovered after \d+s \(since .* UTC\): reservations: pbs_rstat .*no server/,
    ),
  ]);
});

test('missing credentials are reported once', async () => {
  site.configure('env', `STATUS_API_URL=${api.url}\n`);
  const first = await run();
  expect(first.exit).toBe(2);
  expect(linesOf(first.stderr)).toHaveLength(1);
  expect(await run()).toMatchObject({ exit: 2, stderr: '' });
});

test('if the state cannot be stored, every error is reported every time', async () => {
  const outbox = '/proc/none/outbox.db';
  const { stderr } = await run('--outbox', outbox);
  expect(linesOf(stderr).length).toBeGreaterThan(0);
  expect(linesOf((await run('--outbox', outbox)).stderr)).toHaveLength(linesOf(stderr).length);
});

test('requested output is shown', async () => {
  expect((await run('--dry-run')).stderr).toContain('[DRY RUN] Would POST to');
  expect((await site.runUnwatched('run', 'caspr')).stderr).toContain("did you mean 'casper'?");
});
