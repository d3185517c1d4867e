/** What `run` and `collect` log, and how they end. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { program } from '../support/every-command.ts';
import { runInProcess } from '../support/in-process.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
let api: SamApi;
beforeEach(() => {
  site = newSite();
  api = startSamApi();
  site.api(api.url);
  for (const system of ['casper', 'derecho']) site.localSystem(system, { recording: 'empty-without-jobs' });
});
afterEach(async () => {
  await site.remove();
  await api.stop();
});

/** Runs a command with --verbose; the lines of its log without times. */
async function logOf(...args: string[]) {
  const { exit, stdout, stderr } = await runInProcess(program, [...args, '-v'], site.env);
  const log = stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\[.*?\] /, ''));
  return { exit, stdout, log };
}
const noSystem = "ERROR [collector] ✗ there is no system 'caspr': did you mean 'casper'?";
const unwritable = '/proc/none/outbox.db';
const spoolOf = () => {
  const spool = join(site.directory, 'spool');
  mkdirSync(spool, { recursive: true });
  return spool;
};
const withSamples = (spool: string) =>
  site.configure(
    'collector.yaml',
    `destinations: { sams: { kind: sams, url: '${api.url}' } }\nsamples: { spool: ${spool}, cluster_name: hpc1 }\n`,
  );

test('a run logs its systems first, in their order, and its result last', async () => {
  const { exit, stdout, log } = await logOf('run', 'derecho', 'casper');
  expect([exit, stdout, log[0], log.at(-1)]).toEqual([
    0,
    '',
    'INFO [collector] Starting: derecho, casper',
    'INFO [collector] Finished: SUCCESS',
  ]);
  const failed = await logOf('run', 'casper', 'caspr');
  expect([failed.exit, failed.log.at(-1)]).toEqual([2, 'INFO [collector] Finished: FAILED']);
  expect(failed.log[0]).toStartWith(noSystem);
});

test('a run whose outbox cannot be opened logs what is not delivered', async () => {
  const { exit, log } = await logOf('run', 'casper', '--outbox', unwritable);
  expect(exit).toBe(1);
  expect(log.filter((line) => line.includes('nothing is delivered'))).toEqual([
    expect.stringMatching(/^ERROR \[collector\] ✗ nothing is delivered: \S.*\/proc\/none/),
  ]);
});

test('a run of samples alone names them', async () => {
  const spool = spoolOf();
  withSamples(spool);
  const { exit, log } = await logOf('run');
  expect([exit, log[0], log.at(-1)]).toEqual([
    0,
    'INFO [collector] Starting: samples of jobs',
    'INFO [collector] Finished: SUCCESS',
  ]);
  expect((await logOf('run', 'casper')).log[0]).toBe('INFO [collector] Starting: casper, samples of jobs');
});

test('a run of samples whose outbox cannot be opened leaves them where they are', async () => {
  const spool = spoolOf();
  withSamples(spool);
  writeFileSync(join(spool, '1.c001.json'), '{}');
  const problem = `cannot open the outbox ${unwritable}: its directory cannot be created`;
  expect(await logOf('run', '--outbox', unwritable)).toEqual({
    exit: 1,
    stdout: '',
    log: [
      'INFO [collector] Starting: samples of jobs',
      `ERROR [collector] ✗ no samples are stored: ${problem}; they stay in ${spool}`,
      `ERROR [collector] ✗ nothing is delivered: ${problem}`,
      'INFO [collector] Finished: FAILED',
    ],
  });
  expect(readdirSync(spool)).toEqual(['1.c001.json']);
});

test('a dry run of a system that is wrong prints the others, and fails', async () => {
  for (const command of ['run', 'collect']) {
    const { exit, stdout, log } = await logOf(command, 'caspr', 'casper', '--dry-run');
    expect({ command, exit }).toEqual({ command, exit: 2 });
    expect(JSON.parse(stdout)).toHaveProperty('timestamp');
    expect(log[0]).toStartWith(noSystem);
    expect(log).toContain(`INFO [collector] [DRY RUN] Would POST to ${api.url}/api/v1/status/casper`);
  }
  const { exit, log } = await logOf('collect', 'caspr', 'casper', '--json-only');
  expect(exit).toBe(2);
  expect(log.filter((line) => line.includes('[DRY RUN]'))).toEqual([]);
});

test('collect stores systems, and ends with the code of one that is wrong', async () => {
  expect(await logOf('collect', 'casper')).toMatchObject({ exit: 0, stdout: '' });
  const { exit, log } = await logOf('collect', 'caspr', 'derecho');
  expect(exit).toBe(2);
  expect(log.filter((line) => line.includes('✓ Stored'))).toHaveLength(1);
  expect(api.posted).toEqual([]);
});

test('collect refuses to record and to replay at once', async () => {
  const args = ['collect', 'casper', '--record', 'a', '--replay', 'b'];
  expect(await runInProcess(program, args, site.env)).toEqual({
    exit: 2,
    stdout: '',
    stderr: 'hpc-collector: --record and --replay cannot be used together: give one of them\n',
  });
});
