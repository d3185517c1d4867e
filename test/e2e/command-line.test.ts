/** What every command has in common: its help, its flags, its log, and what it says to a mistyped line. */

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quoteArgument } from '../../src/exec/quote.ts';
import { needs } from '../support/needs.ts';
import { binary, newSite, type Site } from '../support/site.ts';

let site: Site;
beforeAll(() => {
  site = newSite();
  site.localSystem('casper');
});
afterAll(() => site.remove());

describe('help', () => {
  const commands = [
    [],
    ['run'],
    ['collect'],
    ['drain'],
    ['demo'],
    ['serve'],
    ['serve', 'user'],
    ['serve', 'user', 'add'],
    ['outbox'],
    ['outbox', 'ls'],
    ['outbox', 'show'],
    ['outbox', 'retry'],
  ];

  test.each(commands.map((words) => [words.join(' '), words] as const))('of %p', async (_, words) => {
    const { exit, stdout, stderr } = await site.run(...words, '--help');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain(`USAGE ${['hpc-collector', ...words].join(' ')} `);
    expect(stdout).not.toMatch(/\u001b| \n/);
  });

  test('is also printed for other common names', async () => {
    const { stdout } = await site.run('outbox', 'ls', '--help');
    expect((await site.run('outbox', 'ls', '-h')).stdout).toBe(stdout);
    expect((await site.run('help', 'outbox', 'ls')).stdout).toBe(stdout);
    expect(await site.run('help')).toMatchObject({ exit: 0, stdout: expect.stringContaining('USAGE hpc-collector ') });
  });

  test('is not printed for arguments after --', async () => {
    expect(await site.run('outbox', 'show', '--', '--help')).toMatchObject({ exit: 2, stdout: '' });
  });

  test('says that several systems may be named', async () => {
    expect((await site.run('run', '--help')).stdout).toContain('run [FLAGS] [SYSTEM…]');
  });

  test('of a command without a verb is on standard error, and a usage error', async () => {
    expect(await site.run()).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('COLLECT') });
    expect(await site.run('outbox')).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('retry') });
  });

  needs('script')('has colour on a terminal, unless NO_COLOR or TERM=dumb says otherwise', async () => {
    const onTerminal = async (env: Record<string, string>) => {
      const argv = ['script', '--quiet', '--return', '--command', `${quoteArgument(binary)} --help`, '/dev/null'];
      return Bun.spawnSync(argv, { stdin: 'ignore', env: { PATH: '/usr/bin:/bin', ...env } }).stdout.toString();
    };
    expect(await onTerminal({ TERM: 'xterm' })).toContain('\u001b[');
    expect(await onTerminal({ TERM: 'xterm', NO_COLOR: '1' })).not.toContain('\u001b');
    expect(await onTerminal({ TERM: 'dumb' })).not.toContain('\u001b');
  });
});

describe('a mistyped command line is a usage error with a suggestion', () => {
  test.each([
    ['a command', ['colect'], "did you mean 'hpc-collector collect'?"],
    ['a verb', ['outbox', 'lss'], "did you mean 'hpc-collector outbox ls'?"],
    ['a command like no other', ['frobnicate'], 'see hpc-collector --help'],
    ['a word that a command has no verb for', ['serve', 'usr'], 'did you mean'],
    ['a flag', ['run', 'casper', '--dryrun'], 'did you mean --dry-run?'],
    ['a flag before the command', ['--confg', '/tmp', 'outbox', 'ls'], 'did you mean --config?'],
    ['a flag like no other', ['drain', '--frobnicate'], 'see hpc-collector drain --help'],
    ['a missing value', ['drain', '--stream'], '--stream needs a value'],
    ['an unknown value', ['outbox', 'ls', '--log-format', 'xml'], 'give text or json'],
    ['a state', ['outbox', 'ls', '--state', 'gone'], 'pending, held, rejected, delivered or all'],
    ['a number', ['drain', '--max-seconds', 'soon'], 'give a number of seconds'],
    ['a missing word', ['outbox', 'show'], 'hpc-collector outbox show needs ID'],
    ['a missing name', ['serve', 'user', 'add'], 'serve user add needs NAME'],
    ['a word too many', ['drain', 'casper'], "drain does not take 'casper'"],
    ['a filter without its flag', ['outbox', 'ls', 'rejected'], "outbox ls does not take 'rejected'"],
    ['a system', ['run', 'caspr'], "did you mean 'casper'?"],
    ['a listening address', ['serve', '--listen', 'everywhere'], 'write HOST:PORT'],
    ['flags that exclude each other', ['collect', 'casper', '--record', 'a', '--replay', 'b'], 'give one of them'],
    ['which entries to retry', ['outbox', 'retry'], '--rejected'],
  ])('%s', async (_, words, hint) => {
    const { exit, stdout, stderr } = await site.runUnwatched(...words);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(/^hpc-collector(: | (?!hpc-collector))/);
    expect(stderr).toContain(hint);
    expect(stderr.trimEnd()).not.toContain('\n');
  });

  test('the error shows no control characters of the arguments', async () => {
    const { stderr } = await site.runUnwatched('run', '\u001b[2J\u001b]0;owned\u0007');
    expect(stderr).not.toMatch(/[\u001b\u0007]/);
  });

  test('nothing is created', async () => {
    expect(existsSync(site.outbox)).toBe(false);
  });
});

describe('common flags', () => {
  test('may stand before the command and its verb', async () => {
    const config = join(site.directory, 'other-config');
    expect(await site.run('--config', config, 'outbox', 'ls')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(`there is no configuration directory ${config}`),
    });
    expect(await site.run('outbox', '--config', site.configDirectory, 'ls')).toMatchObject({ exit: 0 });
  });

  test('--config names the directory of the systems', async () => {
    const other = newSite();
    const { exit, stdout } = await other.run('--config', site.configDirectory, 'collect', 'casper', '--json-only');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('viz_nodes_total', 15);
    await other.remove();
  });

  test('--outbox names the file', async () => {
    const outbox = join(site.directory, 'deep/down/other.db');
    expect(await site.run('collect', 'casper', '--outbox', outbox)).toMatchObject({ exit: 0 });
    expect((await site.run('outbox', 'ls', '--json', '--outbox', outbox)).stdout).toContain('"stream":"sam/casper"');
    expect(existsSync(site.outbox)).toBe(false);
  });
});

describe('the log', () => {
  const infoLine =
    /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO \[casper\] ✓ Stored casper as [0-9a-f-]{36} after [\d.]+ s/m;
  const log = () => readFileSync(site.logFile, 'utf8');

  test('is on standard error, and standard output is data', async () => {
    const { stdout, stderr } = await site.run('collect', 'casper');
    expect(stdout).toBe('');
    expect(stderr).toMatch(infoLine);
    const { stdout: data } = await site.run('collect', 'casper', '--json-only');
    expect(JSON.parse(data)).toHaveProperty('queues');
  });

  test('--quiet silences the terminal and not the file', async () => {
    rmSync(site.logFile, { force: true });
    expect(await site.run('collect', 'casper', '-q')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(log()).toMatch(infoLine);
  });

  test('--log-file names another file', async () => {
    rmSync(site.logFile, { force: true });
    const file = join(site.directory, 'elsewhere/my.log');
    await site.run('collect', 'casper', '--log-file', file);
    expect(readFileSync(file, 'utf8')).toMatch(infoLine);
    expect(existsSync(site.logFile)).toBe(false);
  });

  test('--log-format json is JSON Lines', async () => {
    const { stderr } = await site.run('collect', 'casper', '--log-format', 'json');
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toContainEqual({
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      level: 'info',
      name: 'casper',
      message: expect.stringMatching(/^✓ Stored casper/),
    });
  });

  test('CASPER_LOG_FILE has the lines of that system only', async () => {
    const file = join(site.directory, 'casper.log');
    site.configure('env', `CASPER_LOG_FILE=${file}\n`);
    rmSync(site.logFile, { force: true });
    await site.run('run', 'casper');
    expect(readFileSync(file, 'utf8')).toMatch(infoLine);
    expect(readFileSync(file, 'utf8')).not.toContain('[collector]');
    expect(log()).toContain('INFO [collector] Starting: casper');
    expect(log()).not.toContain('[casper]');
    site.configure('env', '');
  });

  test('has the reason of a failed run, because cron runs unattended', async () => {
    rmSync(site.logFile, { force: true });
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 2 });
    expect(log()).toMatch(/ERROR \[collector\] ✗ the SAM API's address is not configured: .*hpc-collector\/env$/m);
    expect(log()).toContain('Finished: FAILED');
  });

  test('is rotated once and loses no line if several processes find it full', async () => {
    rmSync(site.logFile, { force: true });
    await site.run('collect', 'casper');
    truncateSync(site.logFile, 10 * 1024 * 1024 - 100);
    const writers = 8;
    const ran = await Promise.all(Array.from({ length: writers }, () => site.run('collect', 'casper', '--dry-run')));
    expect(ran.map(({ exit }) => exit)).toEqual(Array(writers).fill(0));
    expect(existsSync(`${site.logFile}.2`)).toBe(false);
    const written = [`${site.logFile}.1`, site.logFile].map((file) => readFileSync(file, 'latin1')).join('');
    const lines = written
      .replaceAll('\0', '')
      .split('\n')
      .filter((line) => line.includes('] INFO [casper] Collecting casper'));
    expect(lines).toHaveLength(1 + writers);
    for (const file of [site.logFile, `${site.logFile}.1`]) rmSync(file);
  });

  test('a stack trace is only for --verbose', async () => {
    expect((await site.runUnwatched('drain')).stderr).not.toMatch(/^ +at |\.ts:\d/m);
    expect((await site.run('drain', '--verbose')).stderr).toMatch(/\.ts:\d/);
    expect((await site.run('-v', 'rnu')).stderr).toMatch(/\.ts:\d/);
  });

  test('a log file that cannot be written is reported once, and the command goes on', async () => {
    const { exit, stderr } = await site.run('collect', 'casper', '--log-file', '/proc/none/my.log');
    expect(exit).toBe(0);
    expect(stderr.match(/cannot write the log file/g)).toHaveLength(1);
  });

  test('and the outbox can be read only by their owner', async () => {
    await site.run('run', 'casper');
    const state = dirname(site.outbox);
    const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8);
    expect(modeOf(state)).toBe('700');
    const databases = readdirSync(state).filter((name) => name.startsWith('outbox'));
    expect(databases).toContain('outbox.db');
    expect(new Set(databases.map((name) => modeOf(join(state, name))))).toEqual(new Set(['600']));
  });
});
