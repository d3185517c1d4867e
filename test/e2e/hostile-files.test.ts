/** Files that are not what they should be: of other users, FIFOs, files that are too large, recordings that cannot be written. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, chownSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { contentsOf } from '../support/damaged-outbox.ts';
import { needs, needsThat } from '../support/needs.ts';
import { run } from '../support/run.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { start } from '../support/start.ts';
import { until } from '../support/until.ts';

const asRoot = needsThat(process.getuid?.() === 0, 'root');
const nobody = 65534;

let site: Site;
let api: SamApi;
let fallback: string;
beforeEach(() => {
  site = newSite();
  fallback = join(site.directory, 'fallback');
  site.localSystem('casper', { recording: 'empty-without-jobs' });
  site.configure('collector.yaml', `systems: [casper]\nfallback_directory: ${fallback}\n`);
  api = startSamApi();
  site.api(api.url);
});
afterEach(async () => {
  await api.stop();
  await site.remove();
});

describe('an outbox that another user may write is refused', () => {
  const refused = async (words: RegExp) => {
    for (const args of [['run', 'casper'], ['drain'], ['outbox', 'ls']]) {
      const { exit, stderr } = await site.run(...args);
      expect({ args, exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringMatching(words) });
    }
    expect(await site.run('health')).toMatchObject({ exit: 3, stdout: expect.stringMatching(words) });
    expect((await site.run('doctor', 'casper')).stdout).toMatch(words);
    expect(api.posted.filter(({ headers }) => headers.has('idempotency-key'))).toEqual([]);
  };
  beforeEach(() => site.run('collect', 'casper'));

  test('by its mode', async () => {
    chmodSync(site.outbox, 0o666);
    await refused(/outbox\.db can be written by others \(mode 666\).*chmod go-w/);
    chmodSync(site.outbox, 0o600);
    expect(await site.run('run', 'casper')).toMatchObject({ exit: 0 });
  });

  test('by the mode of its directory', async () => {
    chmodSync(dirname(site.outbox), 0o1777);
    await refused(/hpc-collector can be written by others \(mode 1777\).*chmod go-w/);
  });

  asRoot('by its owner', async () => {
    chownSync(site.outbox, nobody, nobody);
    await refused(/outbox\.db belongs to another user \(uid 65534\)/);
  });

  test('and so is its lock', async () => {
    await site.run('drain');
    chmodSync(`${site.outbox}.drain-lock`, 0o666);
    const { exit, stderr } = await site.run('drain');
    expect({ exit, stderr }).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('drain-lock can be written by others'),
    });
  });
});

asRoot('a fallback directory that another user made is told, and costs no snapshot', async () => {
  await site.run('collect', 'casper');
  expect((await site.run('doctor', 'casper')).stdout).toContain(`pass  fallback directory: ${fallback}`);
  mkdirSync(fallback, { mode: 0o777 });
  chownSync(fallback, nobody, nobody);
  const words = `${fallback} belongs to another user: set fallback_directory`;
  expect((await site.run('doctor', 'casper')).stdout).toContain(`warn  fallback directory: ${words}`);
  expect(await site.run('health')).toMatchObject({ exit: 1, stdout: expect.stringContaining(words) });
  // An outbox that cannot be written: a directory is in its place.
  const elsewhere = join(site.directory, 'other/outbox.db');
  mkdirSync(elsewhere, { recursive: true });
  const { exit, stderr } = await site.run('collect', 'casper', '--outbox', elsewhere);
  expect({ exit, stderr }).toMatchObject({
    exit: 1,
    stderr: expect.stringContaining(`the snapshot is kept in ${fallback}.`),
  });
  expect(readdirSync(fallback)).toEqual([]);
  run(['rmdir', elsewhere]);
  expect(await site.run('collect', 'casper', '--outbox', elsewhere)).toMatchObject({ exit: 0 });
  expect(contentsOf(elsewhere)).toHaveLength(2);
});

describe('files that would block or take very long', () => {
  test('a log file that is a FIFO disables only the log', async () => {
    const fifo = join(site.directory, 'fifo');
    expect(run(['mkfifo', fifo])).toMatchObject({ exit: 0 });
    const { exit, stderr } = await site.run('run', 'casper', '--log-file', fifo);
    expect({ exit, stderr }).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('it is a FIFO that no program reads'),
    });
    expect(api.posted).toHaveLength(1);
  });

  test.each(['env', 'collector.yaml', 'casper.yaml'])('%s as a FIFO is refused', async (name) => {
    const file = join(site.configDirectory, name);
    run(['rm', '-f', file]);
    expect(run(['mkfifo', '-m', '600', file])).toMatchObject({ exit: 0 });
    const { exit, stderr } = await site.run('run', 'casper');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringContaining('not a regular file') });
  });

  test('YAML of 300,000 keys is refused', async () => {
    const keys = Array.from({ length: 300_000 }, (_, index) => `k${index}: 1`);
    site.configure('casper.yaml', `${keys.join('\n')}\n`);
    const { exit, stderr } = await site.run('run', 'casper');
    expect({ exit, stderr }).toMatchObject({ exit: 2, stderr: expect.stringMatching(/casper\.yaml.*the limit is/) });
  });

  test('YAML of the largest size is read or refused within the time of a test', async () => {
    const keys = Array.from({ length: 22_000 }, (_, index) => `k${index}: 1`);
    site.configure('casper.yaml', `${keys.join('\n')}\n`);
    expect(await site.run('config', 'check')).toMatchObject({ exit: 2 });
  });

  needs('bindfs')('a state directory that hangs costs no snapshot, and no run stays behind', async () => {
    const state = dirname(dirname(site.outbox));
    mkdirSync(state, { recursive: true });
    const mounted = join(site.directory, 'mounted');
    mkdirSync(mounted);
    const mount = start(['bindfs', '-f', state, mounted], { env: { PATH: '/usr/bin:/bin' } });
    const env = { ...site.env, XDG_STATE_HOME: mounted };
    const words = /cannot open the outbox .*mounted.*: its directory did not answer within 15 s/;
    try {
      await until(() => run(['findmnt', mounted]).exit === 0, 'it is mounted', 40);
      expect(await site.start(['run', 'casper'], { env }).ended).toMatchObject({ exit: 0 });
      mount.kill('SIGSTOP');
      const [posting, draining] = await Promise.all(
        [['run', 'casper', '--quiet'], ['drain']].map((args) => site.start(args, { env }).ended),
      );
      const lines = (posting?.stderr ?? '').split('\n').filter((line) => line.includes('✗'));
      expect(lines).toEqual([expect.stringMatching(words), expect.stringContaining('nothing is delivered')]);
      expect(lines[0]).toContain('the snapshot was posted directly');
      expect(posting).toMatchObject({ exit: 1, signal: null, stdout: '' });
      expect(draining).toMatchObject({ exit: 1, signal: null, stderr: expect.stringMatching(words) });
      expect(api.posted).toHaveLength(2);
      const collecting = await site.start(['collect', 'casper'], { env }).ended;
      expect(collecting).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining(`the snapshot is kept in ${fallback}`),
      });
      mount.kill('SIGCONT');
      expect(await site.start(['run', 'casper'], { env }).ended).toMatchObject({ exit: 0 });
      expect(contentsOf(site.outbox)).toHaveLength(3);
      expect(api.posted).toHaveLength(4);
    } finally {
      mount.kill('SIGCONT');
      run(['umount', '--lazy', mounted]);
      await mount.ended;
    }
  });

  needs('strace')('a run that hangs on a write makes no later run hang, and costs no snapshot', async () => {
    await site.run('collect', 'casper');
    const journal = `${site.outbox}-journal`;
    const delay = '--inject=pwrite64:delay_enter=600s';
    const argv = ['strace', '-f', '-o', '/dev/null', '-P', journal, '--trace=pwrite64', delay, binary, 'run', 'casper'];
    const first = start(argv, { env: { ...site.env, PATH: `${site.env.PATH}:/usr/bin:/bin` } });
    try {
      await until(() => statSync(journal, { throwIfNoEntry: false }) !== undefined, 'the first run writes');
      const [posting, draining] = await Promise.all([site.run('run', 'casper'), site.run('drain')]);
      const words = /an earlier run waits for a file and does not go on.* ss -xlp \| grep hpc-collector-/;
      expect(posting.stderr).toMatch(words);
      expect(posting.stderr).toContain('the snapshot was posted directly');
      expect(posting.exit).toBe(1);
      expect(draining).toMatchObject({ exit: 1, stderr: expect.stringMatching(words) });
      expect(api.posted).toHaveLength(1);
    } finally {
      first.kill('SIGKILL');
      await first.ended;
    }
    // Without strace the first run goes on, and stores its snapshot too.
    await until(async () => (await site.run('run', 'casper')).exit === 0, 'the next run works again');
    expect(contentsOf(site.outbox)).toHaveLength(3);
  });

  needs('bindfs')('commands that only read end at once on SIGTERM while the directory hangs', async () => {
    await site.run('collect', 'casper');
    run(['cp', '-r', site.configDirectory, join(dirname(site.outbox), 'config')]);
    const mounted = join(site.directory, 'mounted');
    mkdirSync(mounted);
    const mount = start(['bindfs', '-f', dirname(site.outbox), mounted], { env: { PATH: '/usr/bin:/bin' } });
    try {
      await until(() => run(['findmnt', mounted]).exit === 0, 'it is mounted', 40);
      mount.kill('SIGSTOP');
      const outbox = ['--outbox', join(mounted, 'outbox.db')];
      const config = ['--config', join(mounted, 'config')];
      for (const args of [
        ['health', ...outbox],
        ['outbox', 'ls', ...outbox],
        ['outbox', 'show', '0', ...outbox],
        ['outbox', 'stats', ...outbox],
        ['config', 'show', ...config],
        ['config', 'check', ...config],
      ]) {
        const running = site.start(args);
        await until(
          () => run(['cat', `/proc/${running.pid}/wchan`]).stdout.includes('request_wait'),
          `${args} waits`,
          40,
        );
        running.kill('SIGTERM');
        expect(await running.ended).toMatchObject({ signal: 'SIGTERM' });
      }
    } finally {
      mount.kill('SIGCONT');
      run(['umount', '--lazy', mounted]);
      await mount.ended;
    }
  });
});

describe('a recording that cannot be written', () => {
  test.each(['made', 'filled'])('because its folder cannot be %s costs no snapshot', async (what) => {
    const place = join(site.directory, 'place');
    if (what === 'made') writeFileSync(place, '');
    // A directory in the place of the list that ends a recording.
    const folder = what === 'made' ? join(place, 'recording') : place;
    if (what === 'filled') {
      mkdirSync(place);
      // Names that the recorder wants to use.
      expect(await site.run('collect', 'casper', '--record', join(site.directory, 'good'))).toMatchObject({ exit: 0 });
      for (const name of readdirSync(join(site.directory, 'good')))
        if (name !== 'recording.yaml') mkdirSync(join(place, name));
    }
    const before = contentsOf(site.outbox).length;
    const { exit, stderr } = await site.run('collect', 'casper', '--record', folder);
    expect({ exit, stderr }).toMatchObject({
      exit: 1,
      stderr: expect.stringMatching(/✗ casper: The recording in .* is incomplete/),
    });
    expect(contentsOf(site.outbox)).toHaveLength(before + 1);
  });
});
