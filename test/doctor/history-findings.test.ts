/** Everything that doctor says of the sources of finished jobs and of a hub. */

import { describe, expect, setSystemTime, spyOn, test } from 'bun:test';
import { jobsSettings } from '../../src/config/jobs.ts';
import { checkHistory } from '../../src/doctor/history.ts';
import { checkHub } from '../../src/doctor/hub.ts';
import type { Command, Ending } from '../../src/exec/command.ts';
import * as release from '../../src/history/release.ts';
import { type Answer, answering, exited } from '../support/executors.ts';
import { linesOf } from '../support/findings.ts';
import { logRecord, ten } from '../support/pbs-records.ts';
import { hubOf } from '../support/systems.ts';

/** The findings for `jobs:`, with programs that answer by their name; `after` is how old the newest record is. */
async function check(jobs: object, answers: Readonly<Record<string, Answer | Ending>>, after = 600_000) {
  const started: Command[] = [];
  const executor = answering((command) => {
    started.push(command);
    const answer = answers[command.argv.join(' ')] ?? answers[programOf(command)];
    return answer !== undefined && 'kind' in answer ? { ending: answer } : (answer ?? null);
  });
  const found = await checkHistory(jobsSettings.parse(jobs), () => executor, new Date(ten * 1000 + after));
  return { lines: linesOf(found), started };
}

/** The program of a command, also if env(1) starts it. */
function programOf({ argv }: Command): string {
  return argv[0] === 'env' ? (argv.find((word) => word !== 'env' && !word.includes('=')) ?? '') : argv[0];
}

const day = 86_400_000;
const log = { source: 'pbs-accounting', cluster_name: 'casper', accounting_path: '/acct', timeout: 33 };
const listed = { stdout: '1 900 20261119\n1 900 20261120\n' };
const readable = { find: listed, cat: { stdout: logRecord() } };
const two = '2 accounting files from 20261119 to 20261120';

describe('the accounting log', () => {
  const ofLog = 'ingest accounting log of casper';
  const stale = 'ls -l /acct/20261120   # does the server still write it, or is the copy renewed?';
  test.each([
    [-5000, `pass ${ofLog}: ${two}; the newest record is 0s old`],
    [60_000, `pass ${ofLog}: ${two}; the newest record is 1m old`],
    [day - 1, `pass ${ofLog}: ${two}; the newest record is 1d old`],
    [day, `warn ${ofLog}: ${two}; the newest record is 1d old → ${stale}`],
  ])('whose newest record is %d ms old', async (age, line) => {
    expect((await check(log, readable, age)).lines).toEqual([line]);
    if (line.startsWith('warn'))
      expect((await check({ ...log, host: 'pbs1' }, readable, age)).lines).toEqual([line.replace('→ ', '→ ssh pbs1 ')]);
  });

  test.each([
    ['qtime', 'x;y;z;qtime=1795000000 end=12345678\n'],
    ['start', 'x;y;z;a=b start=1795000000 end=1700000000\n'],
    ['end', 'x;y;z;a=b start=1700000000 end=1795000000\nx;y;z;a=b end=1600000000\n'],
  ])('has its newest time in %s', async (_, text) => {
    const now = 1_795_000_000_000 - ten * 1000 + 120_000;
    const stdout = text.replace(';qtime', '; qtime');
    expect((await check(log, { find: listed, cat: { stdout } }, now)).lines).toEqual([
      `pass ${ofLog}: ${two}; the newest record is 2m old`,
    ]);
  });

  test.each(['', 'no times\n', 'a end=12345678 \n', 'a end=12345678901 \n', 'a send=1795000000\n'])(
    'has no time in %j',
    async (stdout) => {
      const found = await check(log, { find: { stdout: '1 9 20261120\n' }, cat: { stdout } });
      expect(found.lines).toEqual([
        'pass ingest accounting log of casper: 1 accounting file from 20261120 to 20261120',
      ]);
    },
  );

  test.each<[string, Record<string, Answer | Ending>, string]>([
    [
      'cannot be listed',
      { find: exited(1, 'find: /acct: Permission denied') },
      'cannot list the accounting files in /acct: find -L /acct -maxdepth 1 -type f -printf %d %s %f\\n exited with 1: find: /acct: Permission denied; only root on the PBS server can read it: run the export there as root, or set jobs.accounting_path to a copy of the directory → ls -l /acct',
    ],
    [
      'has no files',
      { find: { stdout: '1 9 notes\n' } },
      'there are no accounting files (named like 20261127) in /acct: set jobs.accounting_path in collector.yaml to server_priv/accounting of the PBS server, or to a copy of it → ls -l /acct',
    ],
    [
      'has a file that cannot be read',
      { find: listed, cat: exited(1, 'cat: no') },
      'cat -- /acct/20261120 exited with 1: cat: no → ls -l /acct/20261120',
    ],
  ])('that %s fails', async (_, answers, words) => {
    const line = `fail ${ofLog}: ${words}`;
    expect((await check(log, answers)).lines).toEqual([line]);
    const [elsewhere = ''] = (await check({ ...log, host: 'pbs1' }, answers)).lines;
    expect(elsewhere).toEndWith(line.replace(/.* → /, ' → ssh pbs1 '));
  });

  test.each([
    ['1 262144 20261120\n', 'cat -- /acct/20261120'],
    ['1 262145 20261120\n', 'tail -c +2 -- /acct/20261120'],
    ['1 1000000 20261120\n', 'tail -c +737857 -- /acct/20261120'],
    ['1 1000000 20261120.gz\n', 'gzip -dc -- /acct/20261120.gz'],
  ])('is read from its last bytes, unless it is compressed: %j', async (stdout, called) => {
    const answer = { stdout: logRecord() };
    const { lines, started } = await check(
      { ...log, host: 'pbs1' },
      { find: { stdout }, cat: answer, tail: answer, gzip: answer },
    );
    expect(lines).toHaveLength(1);
    expect(started.map(({ argv }) => argv.join(' '))[1]).toBe(called);
    expect(started[1]).toMatchObject({ host: 'pbs1', via: null, timeoutSeconds: 33, maxOutputBytes: 1024 ** 3 });
  });

  test('that qstat checks has both findings', async () => {
    const qstat = { stdout: 'Server: pbs\n    job_history_enable = True\n' };
    const kept = 'the PBS server keeps finished jobs for 336:00:00 (hours:minutes:seconds)';
    const checked = { ...log, check_with_qstat: true };
    expect((await check(checked, { ...readable, qstat })).lines).toEqual([
      `pass ${ofLog}: ${two}; the newest record is 10m old`,
      `pass ingest qstat of casper: ${kept}`,
    ]);
  });
});

describe('qstat', () => {
  const source = { source: 'qstat', cluster_name: 'casper', timeout: 33 };
  const kept = (depth: string) =>
    `pass ingest qstat of casper: the PBS server keeps finished jobs for ${depth} (hours:minutes:seconds)`;
  const off =
    'fail ingest qstat of casper: the PBS server keeps no finished jobs (job_history_enable is not True) → qmgr -c "set server job_history_enable = True"   # a PBS manager must do this';
  test.each([
    ['job_history_enable = True\n', kept('336:00:00')],
    ['job_history_enable = True\n    job_history_duration = 72:00:00\n', kept('72:00:00')],
    ['job_history_enable = False\n', off],
    ['server_state = Active\n', off],
    [
      'job_history_enable = True\n    query_other_jobs = False\n',
      'fail ingest qstat of casper: the PBS server hides the jobs of other users (query_other_jobs is False) → qmgr -c "set server query_other_jobs = True"   # a PBS manager must do this',
    ],
  ])('of a server with %j', async (lines, line) => {
    const { lines: found, started } = await check(source, { qstat: { stdout: `Server: pbs\n    ${lines}` } });
    expect(found).toEqual([line]);
    expect(started).toEqual([
      { argv: ['qstat', '-B', '-f'], host: null, via: null, timeoutSeconds: 33, maxOutputBytes: 1024 ** 2 },
    ]);
  });

  test('of a server that does not answer fails', async () => {
    const qstat = exited(1, 'qstat: cannot connect');
    expect((await check(source, { qstat })).lines).toEqual([
      'fail ingest qstat of casper: qstat -B -f exited with 1: qstat: cannot connect → qstat -B -f',
    ]);
    expect((await check({ ...source, host: 'pbs1' }, { qstat })).lines).toEqual([
      'fail ingest qstat of casper: qstat -B -f on pbs1 exited with 1: qstat: cannot connect → ssh pbs1 qstat -B -f',
    ]);
  });
});

describe('sacct', () => {
  const source = { source: 'sacct', cluster_name: 'farm', timeout: 33 };
  const version = { 'sacct --version': { stdout: 'slurm 23.02.1\n' } };

  test('that answers passes, here or on its host', async () => {
    setSystemTime(new Date('2026-03-01T12:00:00Z'));
    const sacct = { stdout: ['one\n', 'two\n'].map((line) => Buffer.from(line)) };
    const { lines, started } = await check(source, { ...version, sacct });
    expect(lines).toEqual(['pass ingest sacct: answers here']);
    const remote = await check({ ...source, host: 'db1' }, { ...version, sacct });
    setSystemTime();
    expect(remote.lines).toEqual(['pass ingest sacct: answers on db1']);
    expect(started.map(({ argv }) => argv.includes('--version'))).toEqual([true, false]);
    expect(started[1]).toMatchObject({ host: null, via: null, timeoutSeconds: 33, maxOutputBytes: 64 * 1024 ** 2 });
    expect(remote.started.map(({ host }) => host)).toEqual(['db1', 'db1']);
  });

  test('that is too old fails', async () => {
    const old = { 'sacct --version': { stdout: 'slurm 20.11.9\n' }, sacct: {} };
    const reason =
      'slurm 20.11.9 is older than 21.08, the oldest supported Slurm; set jobs.search_path or jobs.host in collector.yaml to a newer one';
    expect((await check(source, old)).lines).toEqual([`fail ingest sacct: sacct: ${reason} → sacct --version`]);
    expect((await check({ ...source, host: 'db1' }, old)).lines).toEqual([
      `fail ingest sacct: sacct on db1: ${reason} → ssh db1 sacct --version`,
    ]);
  });

  test.each<[Ending, string]>([
    [{ kind: 'timed-out', seconds: 33 }, 'sacct did not end within 33 s; raise jobs.timeout in collector.yaml'],
    [
      { kind: 'not-found', program: 'sacct' },
      'there is no sacct in PATH or jobs.search_path: set jobs.host in collector.yaml to a host of the cluster that has sacct',
    ],
    [exited(9, 'what'), 'sacct exited with 9: what; see the log with --verbose for the whole command'],
  ])('that fails: %p', async (ending, reason) => {
    expect((await check(source, { ...version, sacct: ending })).lines).toEqual([
      `fail ingest sacct: ${reason} → hpc-collector jobs export --dry-run`,
    ]);
  });

  test('is not blamed for a fault of ours', async () => {
    const spy = spyOn(release, 'refuseOldRelease').mockRejectedValue(new TypeError('a fault'));
    await expect(check(source, version)).rejects.toThrow(new TypeError('a fault'));
    spy.mockRestore();
  });
});

test('each cluster is checked, in their order', async () => {
  const clusters = { casper: { source: 'pbs-accounting', accounting_path: '/acct' }, derecho: { source: 'qstat' } };
  const qstat = { stdout: 'Server: pbs\n    job_history_enable = True\n' };
  expect((await check({ clusters }, { ...readable, qstat })).lines).toEqual([
    `pass ingest accounting log of casper: ${two}; the newest record is 10m old`,
    'pass ingest qstat of derecho: the PBS server keeps finished jobs for 336:00:00 (hours:minutes:seconds)',
  ]);
});

describe('a hub', () => {
  const hub = hubOf({ url: 'https://hub.example.org/base' });
  const check = async (answer: Answer | Ending) =>
    linesOf([
      await checkHub(
        hub,
        answering(() => ('kind' in answer ? { ending: answer } : answer)),
      ),
    ]);
  test.each<[string, Answer | Ending, string]>([
    ['answers', { stdout: '[]' }, 'pass jupyterhub hub: https://hub.example.org/base answers'],
    [
      'is down',
      exited(7, 'refused'),
      'warn jupyterhub hub: https://hub.example.org/base: refused → curl -sS https://hub.example.org/base/hub/api/',
    ],
    [
      'is no hub',
      { stdout: '<html>' },
      'fail jupyterhub hub: https://hub.example.org/base/hub/api/users?state=active&offset=0&limit=200 is not a list of users → curl -sS https://hub.example.org/base/hub/api/   # then correct jupyterhub.yaml or env',
    ],
  ])('that %s', async (_, answer, line) => {
    expect(await check(answer)).toEqual([line]);
  });
});
