/** Reads of the outbox that fail, as those of a failing disk (EIO) or of an NFS server that was restarted (ESTALE) do. */

import { afterEach, beforeEach, describe, expect } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { contentsOf, fillOutbox } from '../support/damaged-outbox.ts';
import { needs } from '../support/needs.ts';
import { type SamApi, startSamApi } from '../support/sam-api.ts';
import { binary, newSite, type Site } from '../support/site.ts';
import { type Running, start } from '../support/start.ts';

const traced = needs('strace');
const strace = Bun.which('strace') ?? '';
const count = 40;

let site: Site;
let api: SamApi;
let fallback: string;
beforeEach(() => {
  site = newSite();
  fallback = `${site.directory}/fallback`;
  site.localSystem('casper', { recording: 'empty-without-jobs' });
  site.configure(
    'collector.yaml',
    `destinations: { sam: { max_per_minute: 100000 } }\nfallback_directory: ${fallback}\n`,
  );
  api = startSamApi();
  site.api(api.url);
  fillOutbox(site.outbox, count);
});
afterEach(async () => {
  await api.stop();
  await site.remove();
});

/** Runs the program with some reads of the outbox failing: `when` counts them as strace(1) says, `3` or `3+`. */
function failing(error: string, when: string, ...args: string[]): Running['ended'] {
  return injecting('pread64', error, when, ...args);
}

function injecting(call: string, error: string, when: string, ...args: string[]): Running['ended'] {
  const inject = `--inject=${call}:error=${error}:when=${when}`;
  const argv = [strace, '-f', '-o', '/dev/null', '-P', site.outbox, `--trace=${call}`, inject, binary, ...args];
  return start(argv, { env: site.env, cwd: site.directory }).ended;
}

const setAside = () => readdirSync(dirname(site.outbox)).filter((name) => name.includes('damaged'));
const pending = () => contentsOf(site.outbox).filter(({ state }) => state === 'pending');

describe.each(['EIO', 'ESTALE'])('%s', (error) => {
  traced.each(['2', '5', '60'])('once, at read %s: the run stores, delivers and sets nothing aside', async (when) => {
    const waiting = pending().map(({ id }) => id);
    const { exit, stderr } = await failing(error, when, 'run', 'casper', '-v');
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(stderr).not.toContain('was damaged');
    expect(setAside()).toEqual([]);
    const keys = api.posted.map(({ headers }) => headers.get('idempotency-key') ?? '');
    expect(keys.slice(0, -1)).toEqual(waiting);
    expect(pending()).toEqual([]);
    expect(contentsOf(site.outbox)).toHaveLength(count + 1);
  });

  traced.each(['1+', '6+'])(
    'at every read from %s on: the snapshot is posted, the outbox is left as it was',
    async (when) => {
      const before = readFileSync(site.outbox);
      const { exit, stderr } = await failing(error, when, 'run', 'casper', '-v');
      expect({ exit, stderr }).toMatchObject({
        exit: 1,
        stderr: expect.stringMatching(/cannot .* the outbox .*: .*; the snapshot was posted directly/),
      });
      expect(stderr).not.toContain('this is a bug');
      expect(api.posted).toHaveLength(1);
      expect(setAside()).toEqual([]);
      expect(readFileSync(site.outbox).equals(before)).toBe(true);
    },
  );

  traced('without the API, the snapshot is kept in the fallback directory and the next run takes it in', async () => {
    await api.stop();
    const { exit, stderr } = await failing(error, '1+', 'run', 'casper', '-v');
    expect({ exit, stderr }).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`the snapshot is kept in ${fallback}`),
    });
    expect(await site.run('collect', 'casper')).toMatchObject({ exit: 0 });
    expect(contentsOf(site.outbox)).toHaveLength(count + 2);
  });

  traced('every other command says it in words', async () => {
    const commands = [
      ['outbox', 'ls'],
      ['outbox', 'stats'],
      ['outbox', 'recover'],
      ['outbox', 'prune'],
      ['health'],
      ['doctor', 'casper'],
      ['drain'],
    ];
    const ended = await Promise.all(commands.map((args) => failing(error, '1+', ...args)));
    for (const { exit, stdout, stderr } of ended) {
      expect({ stderr, exit }).toMatchObject({
        exit: expect.any(Number),
        stderr: expect.not.stringContaining('this is a bug'),
      });
      expect(exit).not.toBe(0);
      expect(stdout + stderr).toMatch(/disk I\/O error|cannot be read/);
    }
    expect(setAside()).toEqual([]);
  });
});

traced.each(['openat', 'statx,newfstatat,stat', 'fcntl'])(
  'a file whose %s fails loses no snapshot either',
  async (calls) => {
    const { exit, stderr } = await injecting(calls, 'ESTALE', '1+', 'run', 'casper', '-v');
    expect({ exit, stderr }).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('the snapshot was posted directly'),
    });
    expect(stderr).not.toContain('this is a bug');
    expect(setAside()).toEqual([]);
  },
);
