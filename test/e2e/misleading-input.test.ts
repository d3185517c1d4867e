/** Input that once was passed over in silence, or answered with a wrong hint. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { join } from 'node:path';
import { Outbox } from '../../src/outbox/outbox.ts';
import { put } from '../outbox/queue.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
beforeEach(() => {
  site = newSite();
});
afterEach(() => site.remove());

function store(): void {
  const outbox = new Outbox(site.outbox);
  put(outbox);
  outbox.close();
}

describe('a usage error says what is wrong', () => {
  test.each([
    ['outbox ls --since 2026-05-02 --until 2026-05-01', 'no entry can match: 2026-05-02 00:00:00 UTC'],
    ['outbox ls --older-than 1h --since 2099-01-01', 'no entry can match'],
    ['outbox ls --stream sam/casper --stream sam/derecho', '--stream is given twice: give it once'],
    ['outbox ls --limit=1 --limit 2', '--limit is given twice'],
    ['outbox ls -v -q', '--verbose and --quiet cannot be used together'],
    ['-q outbox ls --verbose', '--verbose and --quiet cannot be used together'],
    ['outbox ls --state --json', '--state needs a value'],
    ['outbox ls --log-format xml', '--log-format xml: give text or json'],
    ['outbox ls --stream casper', "there is no such stream: did you mean 'sam/casper'?"],
    ['outbox drop --stream casper --yes', "there is no such stream: did you mean 'sam/casper'?"],
    ['outbox rm', "did you mean 'hpc-collector outbox drop'?"],
    ['status', "did you mean 'hpc-collector health'?"],
    ['outbox prune -n', 'did you mean --dry-run?'],
    ['outbox stats -n', 'see hpc-collector outbox stats --help'],
    ['maintenance start casper', 'give either --until TIME or --for AGE'],
    ['maintenance start casper --for 6h --until 2099-01-01', 'give either --until TIME or --for AGE'],
    ['maintenance start casper --for soon', '--for soon: give an age such as 90m, 6h or 2d'],
  ])('%s', async (line, words) => {
    store();
    const { exit, stdout, stderr } = await site.run(...line.split(' '));
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain(words);
  });
});

test('maintenance start --for ends after that time', async () => {
  store();
  expect(await site.run('maintenance', 'start', 'casper', '--for', '6h')).toMatchObject({ exit: 0, stderr: '' });
  const { since, until } = JSON.parse((await site.run('maintenance', 'ls', '--json')).stdout);
  expect(Date.parse(until) - Date.parse(since)).toBe(6 * 3_600_000);
});

test('serve user ls lists the users, and rm removes one', async () => {
  const user = (...args: string[]) => site.run('serve', 'user', ...args, '--database', join(site.directory, 'r.db'));
  expect((await user('ls')).stdout).toBe('There is no user.\n');
  for (const name of ['ben', 'ann']) await user('add', name);
  expect((await user('ls')).stdout).toMatch(
    /^NAME +SCOPES +PASSWORD SET \(UTC\)\nann +\S+ +\d{4}-.*\nben +\S+ +\d{4}-.*\n$/,
  );
  expect(await user('rm', 'ben')).toMatchObject({ exit: 0, stderr: 'Removed user ben\n' });
  expect(JSON.parse((await user('ls', '--json')).stdout)).toMatchObject({ name: 'ann' });
  expect(await user('rm', 'ben')).toMatchObject({ exit: 2, stderr: expect.stringContaining("there is no user 'ben'") });
});

describe('config check', () => {
  test('names each problem in env by its line number, and never shows the line', async () => {
    const quoted = 'STATUS_API_PASSWORD="two\nlines = here"';
    site.configure('env', `# mine\nSTATUS_API_URI=https://sam.example.org\nhunter2-secret\n${quoted}\nFOO=1\n`);
    const { exit, stdout, stderr } = await site.run('config', 'check');
    const file = join(site.configDirectory, 'env');
    expect(exit).toBe(2);
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      `${file}:2:1: unknown variable STATUS_API_URI: did you mean STATUS_API_URL?`,
      `${file}:3:1: this line is not an assignment: write NAME=VALUE, or # before a comment`,
      `${file}:6:1: unknown variable FOO: hpc-collector help environment lists the known ones`,
      `3 problems in ${site.configDirectory}`,
    ]);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('accepts every variable that help names', async () => {
    const { stdout } = await site.run('help', 'environment');
    // Slurm sets the variables of its prolog itself.
    const [settings = ''] = stdout.replace(/## `sample`.*?(?=## )/s, '').split('`XDG_CONFIG_HOME`');
    const own = settings.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
    expect(own.length).toBeGreaterThan(15);
    // Help writes NAME for the name of a destination: of a status API with a user, or of a usage-history API with a key.
    for (const [kind, others] of Object.entries({ sam: /^NAME_API_KEY$/, ingest: /^NAME_API_(USER|PASSWORD)$/ })) {
      site.configure('collector.yaml', `destinations: { name: { kind: ${kind} } }\n`);
      const variables = own.filter((name) => !others.test(name));
      site.configure('env', variables.map((name) => `${name}=${/TIMEOUT/.test(name) ? '1' : ''}\n`).join(''));
      expect((await site.run('config', 'check')).stdout).not.toContain('unknown variable');
    }
  });

  test('says that there is no configuration directory', async () => {
    const XDG_CONFIG_HOME = join(site.directory, 'nowhere');
    const { exit, stdout } = await site.start(['config', 'check'], { env: { ...site.env, XDG_CONFIG_HOME } }).ended;
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: `There is no configuration directory ${XDG_CONFIG_HOME}/hpc-collector: hpc-collector config init creates it\n`,
    });
  });
});

test.each(['config check', 'outbox ls', 'run casper', 'doctor'])('--config FILE is a clear error: %s', async (line) => {
  site.configure('collector.yaml', '');
  const file = join(site.configDirectory, 'collector.yaml');
  const { stdout, stderr } = await site.run(...line.split(' '), '--config', file);
  expect(stdout + stderr).toContain(`--config ${file} is a file: give its directory, ${site.configDirectory}`);
});
