/** What `npm start` says while it installs, and why it cannot, by scripts/set-up.mjs on Node. */

import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from './support/files.ts';
import { install } from './support/playback.ts';
import { type Ran, run } from './support/run.ts';

const node = Bun.which('node') ?? 'node';
let temporary: ReturnType<typeof temporaryDirectory>;
let project: string;
beforeEach(() => {
  temporary = temporaryDirectory();
  project = join(temporary.path, `it's a path`);
  for (const directory of ['scripts', 'node_modules/bun']) mkdirSync(join(project, directory), { recursive: true });
  copyFileSync(join(import.meta.dir, '../scripts/set-up.mjs'), join(project, 'scripts/set-up.mjs'));
  writeFileSync(join(project, 'package-lock.json'), '{}');
  writeFileSync(join(project, 'node_modules/bun/install.js'), '');
});
afterEach(() => temporary.remove());

/** Runs it with an npm that does this. */
function setUp(npm: string, env: Record<string, string> = {}): Ran {
  const bin = join(temporary.path, 'bin');
  install(bin, { npm: `#!/bin/sh\n${npm}\n` });
  return run([node, join(project, 'scripts/set-up.mjs')], { env: { PATH: `${bin}:/usr/bin:/bin`, ...env } });
}

test('it says that it installs, does so in any directory, and is silent the next time', () => {
  const { exit, stderr } = setUp('pwd > called; exit 0');
  expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringMatching(/^Installing .*\n.*Building …\n$/) });
  expect(existsSync(join(project, 'called'))).toBe(true);
  expect(setUp('exit 1')).toEqual({ exit: 0, stdout: '', stderr: '' });
});

describe('a failure is explained in the last line', () => {
  test.each([
    ['npm error request to https://registry.example.org/zod failed, reason: ENOTFOUND', 'cannot be reached: connect'],
    ['npm error code SELF_SIGNED_CERT_IN_CHAIN', 'set NODE_EXTRA_CA_CERTS'],
    ['npm error code EACCES', 'set HOME, or npm_config_cache'],
    ['npm error code ENOSPC', 'the disk is full'],
    ['npm error something new', 'see its output above'],
  ])('%s', (said, why) => {
    const { exit, stderr } = setUp(`echo '${said}' >&2; exit 1`);
    expect(exit).toBe(1);
    expect(stderr).toContain(said);
    expect(stderr.trim().split('\n').at(-1)).toMatch(new RegExp(`^Cannot install: npm ci failed: .*${why}`));
  });

  test('a Node that is too old', () => {
    const old = `Object.defineProperty(process, 'versions', { value: { node: '18.19.1' } })`;
    writeFileSync(join(temporary.path, 'old.cjs'), old);
    expect(setUp('exit 1', { NODE_OPTIONS: `--require=${join(temporary.path, 'old.cjs')}` })).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining('Cannot install: this is Node 18.19.1, and Node 20 or newer is needed'),
    });
  });
});
