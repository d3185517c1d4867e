/** What `health` prints on a terminal and elsewhere. */

import { afterAll, afterEach, beforeEach, expect, spyOn, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startMaintenance } from '../../src/outage/maintenance.ts';
import type { ForeignEntry } from '../../src/outbox/entry.ts';
import * as socketLock from '../../src/outbox/socket-lock.ts';
import { attemptAt, put } from '../outbox/queue.ts';
import { changeOutbox } from '../support/change-outbox.ts';
import { program } from '../support/every-command.ts';
import { runInProcess } from '../support/in-process.ts';
import { newSite, type Site } from '../support/site.ts';

let site: Site;
// Sockets of other users of this machine are a finding.
const sockets = spyOn(socketLock, 'socketLockProblem').mockReturnValue(null);
afterAll(() => sockets.mockRestore());
beforeEach(() => {
  site = newSite();
  const at = new Date(Date.now() - 60_000);
  changeOutbox(site, (box) => box.delivered(put(box, { collectedAt: at }), attemptAt(at), '{}'));
});
afterEach(() => site.remove());

const stored = (...entries: Partial<ForeignEntry>[]) =>
  changeOutbox(site, (box) => entries.map((entry) => put(box, entry)));
const health = (columns: number | null, ...flags: string[]) =>
  runInProcess(program, ['health', ...flags], site.env, columns);
const said = (exit: number, stdout: string) => ({ exit, stdout, stderr: '' });
const rejected = { state: 'rejected', rejectedBecause: 'HTTP 400' } as const;

test('is one line without performance data on a terminal if there is at most one finding', async () => {
  const well = 'HPC-COLLECTOR OK: 1 system collected, nothing is overdue';
  expect(await health(80)).toEqual(said(0, `${well}\n`));
  expect((await health(null)).stdout).toStartWith(`${well} | casper_stored_age=`);
  stored(rejected);
  expect(await health(80)).toEqual(said(1, 'HPC-COLLECTOR WARNING: 1 entry rejected\n'));
  expect(await health(30)).toEqual(said(1, 'HPC-COLLECTOR WARNING: 1\n    entry rejected\n'));
});

test('counts only problems as findings', async () => {
  const maintenance = { system: 'casper', since: new Date(), until: new Date(Date.now() + 3_600_000), reason: null };
  changeOutbox(site, (box) => startMaintenance(box, maintenance));
  stored(rejected);
  expect((await health(200)).stdout).toMatch(/^HPC-COLLECTOR WARNING: .*1 entry rejected.*\n$/);
});

test('lists several findings on a terminal, each broken below its beginning', async () => {
  stored(rejected, { state: 'held' }, { state: 'held' });
  expect(await health(80)).toEqual(
    said(1, 'HPC-COLLECTOR WARNING: 2 findings\n  warning   1 entry rejected\n  warning   2 entries held\n'),
  );
  expect((await health(24)).stdout).toBe(
    'HPC-COLLECTOR WARNING: 2 findings\n  warning   1 entry\n            rejected\n  warning   2 entries\n            held\n',
  );
  stored({ collectedAt: new Date(Date.now() - 86_400_000) });
  expect((await health(80)).stdout).toMatch(
    /^HPC-COLLECTOR CRITICAL: 3 findings\n {2}critical {2}1 entry is pending, /,
  );
});

test('with --quiet prints only problems', async () => {
  for (const flag of ['--quiet', '-q']) expect(await health(null, flag)).toEqual(said(0, ''));
  expect(await health(null, '--quiet', '--json')).toEqual(said(0, ''));
  stored(rejected);
  expect((await health(null, '--quiet')).stdout).toStartWith('HPC-COLLECTOR WARNING: 1 entry rejected | ');
});

test('--json is one object without control characters', async () => {
  stored(rejected);
  const { exit, stdout } = await health(80, '--json');
  expect(exit).toBe(1);
  expect(stdout.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(stdout)).toMatchObject({ status: 'warning', findings: [{ text: '1 entry rejected' }] });
});

test('--prometheus warns of a name that node_exporter does not read, and writes the file', async () => {
  const file = join(site.directory, 'collector.text');
  expect((await health(80, '--prometheus', file)).stderr).toBe(
    `hpc-collector: node_exporter reads only files whose names end with .prom, not ${file}\n`,
  );
  expect(existsSync(file)).toBe(true);
  expect((await health(80, '--prometheus', join(site.directory, 'x.prom'))).stderr).toBe('');
});

test('a wrong configuration is unknown', async () => {
  site.configure('collector.yaml', 'sytems: []\n');
  const { exit, stdout } = await health(null);
  expect([exit, stdout.split('\n').length]).toEqual([3, 2]);
  expect(stdout).toMatch(/^HPC-COLLECTOR UNKNOWN: .*unknown setting 'sytems' \(did you mean 'systems'\?\)\n$/);
});
