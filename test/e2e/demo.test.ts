/** `demo` shows the whole way, on any Linux host, to somebody who has nothing but the binary. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryDirectory } from '../support/files.ts';
import { binary } from '../support/site.ts';
import { type Running, start } from '../support/start.ts';

let scratch: ReturnType<typeof temporaryDirectory>;
let cwd: string;
let tmp: string;
beforeEach(() => {
  scratch = temporaryDirectory();
  cwd = join(scratch.path, 'empty');
  tmp = join(scratch.path, 'tmp');
  for (const directory of [cwd, tmp]) mkdirSync(directory);
});
afterEach(() => scratch.remove());

const demo = (...flags: string[]): Running =>
  start([binary, 'demo', ...flags], { cwd, env: { PATH: '/nonexistent', TMPDIR: tmp } });

test('entries wait while the API is down and are delivered when it is up, without programs, home or configuration', async () => {
  const { exit, stdout, stderr } = await demo().ended;
  expect(exit).toBe(0);
  const [waiting = '', delivered = ''] = stdout.split(/^3\. /m);
  expect(waiting.match(/sam\/derecho +pending/g)).toHaveLength(2);
  expect(waiting.match(/sam\/casper +pending/g)).toHaveLength(2);
  expect(waiting).toContain('connection refused');
  expect(delivered).toContain('There are no undelivered entries.');
  expect(delivered).toContain('derecho/latest  ');
  expect(delivered).toMatch(/2488 CPU nodes, \d+ jobs running/);
  expect(delivered).toContain('pbs-cluster    141 jobs of 8 users, 3.39 CPU-hours, 0.09 GPU-hours');
  expect(delivered).toContain('slurm-cluster  36 jobs of 4 users, 0.93 CPU-hours, 0.39 GPU-hours');
  expect(stderr).toContain('Drain: 4 delivered, 0 rejected, 0 left');
});

test('no files or processes remain', async () => {
  await demo('--quiet').ended;
  expect(readdirSync(scratch.path, { recursive: true }).sort()).toEqual(['empty', 'tmp']);
});

test('--keep leaves the receiver running until it is interrupted, and then removes its files', async () => {
  const running = demo('--keep');
  const [, url, user, password] = await running.said(/(http:\/\/127\.0\.0\.1:\d+), user (\S+), password (\S+)/);
  const latest = () =>
    fetch(`${url}/api/v1/status/casper/latest`, { headers: { Authorization: `Basic ${btoa(`${user}:${password}`)}` } });
  const answer = await latest();
  expect(answer.status).toBe(200);
  expect(await answer.json()).toHaveProperty('viz_nodes_total', 15);

  running.kill('SIGINT');
  expect(await running.ended).toMatchObject({ exit: 0 });
  await expect(latest()).rejects.toThrow();
  expect(readdirSync(scratch.path, { recursive: true }).sort()).toEqual(['empty', 'tmp']);
});
