/** What the commands of `maintenance` print. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { put } from '../outbox/queue.ts';
import { changeOutbox } from '../support/change-outbox.ts';
import { program } from '../support/every-command.ts';
import { runInProcess } from '../support/in-process.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

const maintenance = (...args: string[]) => runInProcess(program, ['maintenance', ...args], site.env);
const said = (stdout: string) => ({ exit: 0, stdout, stderr: '' });
const refused = (message: string) => ({ exit: 2, stdout: '', stderr: `hpc-collector: ${message}\n` });
const stored = (stream: string) => changeOutbox(site, (box) => put(box, { stream }));
const end = '2099-01-02T03:04:05Z';

test('start, ls and end print the system and its times', async () => {
  expect(await maintenance('ls')).toEqual(said('No system is in maintenance.\n'));
  expect(await maintenance('ls', '--json')).toEqual(said(''));
  expect(await maintenance('start', 'casper', '--until', end)).toEqual(
    refused('there is no outbox yet: the first collection creates it'),
  );
  stored('sam/casper');
  expect(await maintenance('ls')).toEqual(said('No system is in maintenance.\n'));
  const started = said('casper is in maintenance until 2099-01-02 03:04:05 UTC\n');
  expect(await maintenance('start', 'casper', '--until', end)).toEqual(started);
  expect(await maintenance('start', 'derecho', '--until', end, '--reason', 'x'.repeat(101))).toMatchObject({ exit: 0 });
  const { stdout } = await maintenance('ls');
  expect(stdout.replaceAll(/20[0-8]\d-\d\d-\d\d \d\d:\d\d:\d\d/g, '2025-01-01 00:00:00')).toBe(
    `SYSTEM   SINCE (UTC)          UNTIL (UTC)          REASON
casper   2025-01-01 00:00:00  2099-01-02 03:04:05  -
derecho  2025-01-01 00:00:00  2099-01-02 03:04:05  ${'x'.repeat(100)}…
`,
  );
  const lines = (await maintenance('ls', '--json')).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { system: 'casper', since: expect.any(String), until: '2099-01-02T03:04:05.000Z', reason: null },
    { system: 'derecho', since: expect.any(String), until: '2099-01-02T03:04:05.000Z', reason: 'x'.repeat(101) },
  ]);
  expect(await maintenance('end', 'casper')).toEqual(said('casper is no longer in maintenance\n'));
  expect(await maintenance('end', 'casper')).toEqual(said('casper is not in maintenance\n'));
});

test('--for is counted from now', async () => {
  stored('sam/casper');
  const before = Date.now();
  await maintenance('start', 'casper', '--for', '90m');
  const { since, until } = JSON.parse((await maintenance('ls', '--json')).stdout);
  expect(Date.parse(until) - Date.parse(since)).toBe(90 * 60_000);
  expect(Date.parse(since)).toBeWithin(before, Date.now() + 1);
});

const long = 'x'.repeat(41);
const cut = `${'x'.repeat(40)}…`;
const times = 'give a time in ISO 8601, UTC, such as 2026-05-01T18:00';
test.each([
  [[], 'the end is needed: give either --until TIME or --for AGE'],
  [['--until', end, '--for', '6h'], 'the end is needed: give either --until TIME or --for AGE'],
  [['--for', '0s'], '--for 0s: give an age such as 90m, 6h or 2d'],
  [['--for', long], `--for ${cut}: give an age such as 90m, 6h or 2d`],
  [['--until', 'tonight'], `--until tonight: ${times}`],
  [['--until', long], `--until ${cut}: ${times}`],
])('start with the end %j is refused', async (args, message) => {
  stored('sam/casper');
  expect(await maintenance('start', 'casper', ...args)).toEqual(refused(message));
});

test('an end that is past is refused with the current time', async () => {
  stored('sam/casper');
  const { stderr } = await maintenance('start', 'casper', '--until', '2020-01-01');
  expect(stderr).toMatch(
    /^hpc-collector: --until 2020-01-01 is in the past: it is 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC now\n$/,
  );
});

test('a system is known from the configuration or from the outbox', async () => {
  stored('sam/gust');
  site.configure('laramie.yaml', '');
  for (const system of ['gust', 'laramie', 'derecho']) {
    expect(await maintenance('end', system)).toEqual(said(`${system} is not in maintenance\n`));
    expect(await maintenance('start', system, '--until', end)).toMatchObject({ exit: 0 });
  }
  expect(await maintenance('start', 'laramy', '--until', end)).toEqual(
    refused("there is no system 'laramy': did you mean 'laramie'?"),
  );
  const known = 'known are casper, derecho, jupyterhub, laramie, gust';
  expect(await maintenance('end', 'x'.repeat(61))).toEqual(
    refused(`there is no system '${'x'.repeat(60)}…': ${known}`),
  );
});
