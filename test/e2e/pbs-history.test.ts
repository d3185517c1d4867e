/** Finished jobs of PBS, from the accounting log or qstat to the entries of the outbox. */

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type HistorySite, newHistorySite, startHistoryApi } from '../support/history-site.ts';
import { needs } from '../support/needs.ts';
import { type LogRecord, logRecord, textRecord } from '../support/pbs-records.ts';
import { install } from '../support/playback.ts';
import { sacctLine } from '../support/sacct.ts';
import { fixtures } from '../support/site.ts';
import { startSshd } from '../support/sshd.ts';

const api = startHistoryApi();
afterAll(() => api.stop());

let site: HistorySite;
let log: string;
beforeEach(() => {
  site = newHistorySite(api.url);
  log = join(site.directory, 'accounting');
  mkdirSync(log);
  useLog();
});
afterEach(() => site.remove());

const useLog = (settings = '') =>
  site.configureJobs(`source: pbs-accounting, cluster_name: casper, accounting_path: '${log}' ${settings}`);
const exportJobs = (...args: string[]) => site.run('jobs', 'export', ...args, '-v');

/** Midnight so many days ago, UTC, in seconds since 1970; the log is of a server in UTC. */
const midnight = (daysAgo: number) => (Math.floor(Date.now() / 86_400_000) - daysAgo) * 86_400;
const fileOf = (daysAgo: number) =>
  join(log, new Date(midnight(daysAgo) * 1000).toISOString().slice(0, 10).replaceAll('-', ''));

/** The records of a job that was submitted at the beginning of a day, ran for a minute from the first hour on, and ended. */
function jobOf(daysAgo: number, n: number, more: LogRecord = {}): string {
  const ctime = midnight(daysAgo) + n;
  const job = { id: `${n}.pbs`, ctime, start: ctime + 3600, end: ctime + 3660, walltime: '00:01:00', ...more };
  return logRecord({ ...job, type: 'Q' }) + logRecord({ ...job, type: 'S' }) + logRecord(job);
}

/** Writes the log of some days: one job a day, numbered by its day. */
function writeDays(...days: number[]): void {
  for (const daysAgo of days) writeFileSync(fileOf(daysAgo), jobOf(daysAgo, daysAgo));
}

/** The ids of all jobs that were ever stored, in order. */
const ids = async () => (await site.stored()).map((text) => text.split(' ')[1]);

describe('an export of the accounting log', () => {
  test('sends the runs of a real log as the records of the API', async () => {
    copyFileSync(join(fixtures, 'pbs-history/accounting-20261127'), join(log, '20261127'));
    const ran = await exportJobs('--json-only', '--start-date', '2026-11-27');
    const sent = z.object({ hostname: z.string(), jobs: z.array(z.looseObject({ JobID: z.string() })) });
    const { hostname, jobs } = sent.parse(JSON.parse(ran.stdout));
    expect([ran.exit, hostname, jobs.length]).toEqual([0, 'casper', 138]);
    expect(jobs.find(({ JobID }) => JobID === '32.pbssrv')).toEqual({
      JobID: '32.pbssrv',
      User: 'fatima',
      Account: 'GPUA',
      Partition: 'gpu',
      State: 'COMPLETED',
      Submit: '2026-11-28T03:55:04',
      Start: '2026-11-28T03:55:19',
      End: '2026-11-28T03:55:26',
      QOS: null,
      NodeList: 'gn01,gn02',
      CPUHours: (8 * 6) / 3600,
      GPUHours: (2 * 6) / 3600,
      AllocCPUS: 8,
      AllocGPUS: 2,
      AllocNodes: 2,
    });
    expect(ran.stderr).toContain('13 records of the accounting log with a line break');
    expect(ran.stderr).toContain('20261127:92 (47.pbssrv)');
  });

  test('continues where the last one ended, in the middle of the newest file, and sends nothing twice', async () => {
    writeDays(2, 1);
    const running = { type: 'S', id: '7.pbs', ctime: midnight(1), start: midnight(1) + 7200 } as const;
    appendFileSync(fileOf(1), logRecord(running));
    expect((await exportJobs()).exit).toBe(0);
    expect(await ids()).toEqual(['2.pbs', '1.pbs']);

    // The server wrote the first half of the next line.
    const end = logRecord({
      ...running,
      type: 'E',
      start: midnight(0) + 1,
      end: midnight(0) + 60,
      walltime: '00:00:00',
    });
    writeFileSync(fileOf(0), end.slice(0, 200));
    await exportJobs();
    expect(await ids()).toEqual(['2.pbs', '1.pbs']);
    appendFileSync(fileOf(0), end.slice(200));
    await exportJobs();
    expect(await ids()).toEqual(['2.pbs', '1.pbs', '7.pbs']);
    const [body = ''] = (await site.bodies()).slice(-1);
    // Its start was in an earlier file, and PBS knew no walltime.
    expect(JSON.parse(body).jobs[0]).toMatchObject({ AllocCPUS: 4, CPUHours: (4 * (86_400 - 7200 + 60)) / 3600 });

    const last = await exportJobs();
    expect(last.exit).toBe(0);
    expect(await ids()).toHaveLength(3);
  });

  test.each([
    ['truncated', 'is shorter than before', () => writeFileSync(fileOf(0), jobOf(0, 50).slice(0, 10))],
    [
      'replaced by another',
      'was replaced by another',
      () => {
        rmSync(fileOf(0));
        writeFileSync(fileOf(0), jobOf(0, 60) + jobOf(0, 61) + jobOf(0, 62));
      },
    ],
  ])('notices a file that was %s, and reads it again', async (_, words, change) => {
    writeFileSync(fileOf(0), jobOf(0, 50) + jobOf(0, 51));
    await exportJobs('--days', '2');
    change();
    const again = await exportJobs();
    expect(again.stderr).toContain(words);
    const isReplaced = words.includes('replaced');
    expect(await ids()).toEqual(['50.pbs', '51.pbs', ...(isReplaced ? ['60.pbs', '61.pbs', '62.pbs'] : [])]);
  });

  test('a copy of the directory that rsync renews continues, although its files have new inodes', async () => {
    writeFileSync(fileOf(0), jobOf(0, 50));
    await exportJobs();
    writeFileSync(`${fileOf(0)}.new`, jobOf(0, 50) + jobOf(0, 51));
    rmSync(fileOf(0));
    copyFileSync(`${fileOf(0)}.new`, fileOf(0));
    rmSync(`${fileOf(0)}.new`);
    const ran = await exportJobs();
    expect(ran.stderr).not.toContain('again');
    expect(await ids()).toEqual(['50.pbs', '51.pbs']);
  });

  needs('gzip', 'xz')('reads compressed files, also one that was compressed since the last export', async () => {
    writeDays(3, 2, 1);
    expect(Bun.spawnSync(['gzip', fileOf(3)]).exitCode + Bun.spawnSync(['xz', fileOf(2)]).exitCode).toBe(0);
    await exportJobs();
    expect(await ids()).toEqual(['3.pbs', '2.pbs', '1.pbs']);
    appendFileSync(fileOf(1), jobOf(1, 77));
    Bun.spawnSync(['gzip', fileOf(1)]);
    writeDays(0);
    const ran = await exportJobs();
    expect([ran.exit, ran.stderr.includes('again')]).toEqual([0, false]);
    expect(await ids()).toEqual(['3.pbs', '2.pbs', '1.pbs', '77.pbs', '0.pbs']);
  });

  test('reads a range, and sends its jobs again only if that is wanted', async () => {
    writeDays(20, 5, 4, 1);
    const [since, until] = [6, 3].map((days) => new Date(midnight(days) * 1000).toISOString().slice(0, 10));
    const range = ['--since', String(since), '--until', String(until)];
    await exportJobs(...range);
    expect(await ids()).toEqual(['5.pbs', '4.pbs']);
    await exportJobs(...range);
    expect(await ids()).toHaveLength(2);
    await exportJobs(...range, '--again');
    expect(await ids()).toEqual(['5.pbs', '4.pbs', '5.pbs', '4.pbs']);
    // The range before did not move the place of exports without a range.
    await exportJobs('--dry-run').then(({ stdout }) => expect(stdout).toContain('New or changed: 1'));
  });

  needs('gzip')(
    'a range that stops continues with the same command, and knows the jobs that had not ended',
    async () => {
      const running = { id: '7.pbs', ctime: midnight(6), start: midnight(6) + 60, end: midnight(4) + 60 };
      writeFileSync(fileOf(6), jobOf(6, 6) + logRecord({ ...running, type: 'S' }));
      writeFileSync(`${fileOf(5)}.gz`, 'not compressed');
      // PBS was restarted, so that its record of the end has another start, and it knows no walltime.
      writeFileSync(fileOf(4), logRecord({ ...running, start: midnight(4) + 59, walltime: '00:00:00' }));
      const stopped = await exportJobs('--days', '7');
      expect(stopped.exit).toBe(1);
      expect(stopped.stderr).toContain('no jobs in the accounting file');
      expect(await ids()).toEqual(['6.pbs']);
      rmSync(`${fileOf(5)}.gz`);
      writeFileSync(fileOf(5), jobOf(5, 5));
      const continued = await exportJobs('--days', '7');
      expect([continued.exit, continued.stderr.includes('Continuing: ')]).toEqual([0, true]);
      expect(await ids()).toEqual(['6.pbs', '5.pbs', '7.pbs']);
      const [body = ''] = (await site.bodies()).slice(-1);
      expect(JSON.parse(body).jobs[0].CPUHours).toBe(4 * 48);
    },
  );

  test('a file that is gone is a warning, and the next file is read', async () => {
    writeDays(2);
    await exportJobs();
    rmSync(fileOf(2));
    writeDays(1);
    const ran = await exportJobs();
    expect([ran.exit, ran.stderr.includes('is gone: records that were added to it')]).toEqual([0, true]);
    expect(await ids()).toEqual(['2.pbs', '1.pbs']);
  });

  test('a single file, as pbs_server -A writes it, is read like a directory', async () => {
    const file = join(log, 'accounting.log');
    writeFileSync(file, jobOf(2, 2) + jobOf(1, 1));
    site.configureJobs(`source: pbs-accounting, cluster_name: casper, accounting_path: '${file}'`);
    await exportJobs();
    appendFileSync(file, jobOf(0, 3));
    await exportJobs();
    expect(await ids()).toEqual(['2.pbs', '1.pbs', '3.pbs']);
  });

  test('a job that waited in an earlier file and was deleted never ran', async () => {
    writeFileSync(fileOf(3), logRecord({ type: 'Q', id: '8.pbs', ctime: midnight(3) }));
    writeFileSync(fileOf(1), textRecord('D', midnight(1) + 60, 'requestor=alice@pbs', '8.pbs'));
    await exportJobs('--days', '1');
    const [body = ''] = await site.bodies();
    expect(JSON.parse(body).jobs).toMatchObject([{ JobID: '8.pbs', State: 'CANCELLED', Start: null, AllocCPUS: 0 }]);
  });

  test('gives the runs of a requeued job ids of their own, unless that is not wanted', async () => {
    const requeued = {
      id: '9.pbs',
      ctime: midnight(1),
      start: midnight(1) + 1,
      end: midnight(1) + 61,
      walltime: '00:01:00',
    };
    const second = { ...requeued, start: midnight(1) + 70, end: midnight(1) + 130, runCount: 2 };
    const records = [{ ...requeued, type: 'R', exitStatus: -11 }, { ...second, type: 'S' }, second];
    writeFileSync(fileOf(1), records.map(logRecord).join(''));
    const sent = async () =>
      JSON.parse((await exportJobs('--json-only')).stdout).jobs.map(
        ({ JobID, Run }: { JobID: string; Run?: number }) => [JobID, Run],
      );
    expect(await sent()).toEqual([
      ['9.pbs/run1', undefined],
      ['9.pbs', undefined],
    ]);
    useLog(', run_suffix: false');
    expect(await sent()).toEqual([
      ['9.pbs', 1],
      ['9.pbs', undefined],
    ]);
  });
});

describe('a log that cannot be read', () => {
  test.each([
    [
      'a directory that does not exist',
      () => useLogAt('/nonexistent/accounting'),
      'set jobs.accounting_path and jobs.host',
    ],
    ['a directory without accounting files', () => {}, 'there are no accounting files (named like 20261127)'],
    [
      'a log of TORQUE',
      () => writeFileSync(fileOf(0), textRecord('Q', midnight(0), 'queue=batch')),
      'is an accounting log of TORQUE',
    ],
  ])('is refused in words: %s', async (_, prepare, words) => {
    prepare();
    const ran = await exportJobs();
    expect(ran.exit).not.toBe(0);
    expect(ran.stderr).toContain(words);
    expect(await ids()).toEqual([]);
  });
  const useLogAt = (path: string) =>
    site.configureJobs(`source: pbs-accounting, cluster_name: casper, accounting_path: '${path}'`);

  test('an unusable record is skipped alone, and the export fails once', async () => {
    writeFileSync(fileOf(1), `${jobOf(1, 1)}${logRecord({ id: '2.pbs' }).replace(/ end=\d+/, '')}${jobOf(1, 3)}`);
    const ran = await exportJobs();
    expect(ran.exit).toBe(1);
    expect(ran.stderr).toContain('1 record of the accounting log cannot be used, and jobs can be missing');
    expect(await ids()).toEqual(['1.pbs', '3.pbs']);
    expect((await exportJobs()).exit).toBe(0);
  });

  test('a configuration without a name for the cluster is refused', async () => {
    site.configureJobs('source: pbs-accounting');
    const ran = await exportJobs();
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain('cluster_name is missing');
  });
});

describe('several clusters', () => {
  const bothClusters = () =>
    site.configureJobs(
      `timezone: UTC, clusters: { casper: { source: pbs-accounting, accounting_path: '${log}' }, farm: {} }`,
    );
  const end = midnight(1) + 60;
  const times = { Submit: String(end - 100), Start: String(end - 60), End: String(end), ElapsedRaw: '60' };

  test('one configuration exports a PBS and a Slurm cluster', async () => {
    bothClusters();
    writeDays(1);
    site.sacctPrints(sacctLine(times));
    expect((await exportJobs()).exit).toBe(0);
    expect((await site.stored()).map((text) => text.split(' ').slice(0, 2).join(' '))).toEqual([
      'casper 1.pbs',
      'farm 7',
    ]);
  });

  test('a failed cluster does not stop the other, and --cluster-name selects one', async () => {
    bothClusters();
    site.sacctPrints(sacctLine(times));
    expect((await exportJobs()).exit).toBe(2);
    expect((await site.stored()).map((text) => text.split(' ')[0])).toEqual(['farm']);
    expect((await exportJobs('--cluster-name', 'farm')).exit).toBe(0);
    const unknown = await exportJobs('--cluster-name', 'derecho');
    expect([unknown.exit, unknown.stderr.includes('has no such cluster; it has casper, farm')]).toEqual([2, true]);
  });

  test('a requeued run of Slurm gets an id of its own if that is wanted', async () => {
    site.sacctPrints(sacctLine({ ...times, State: 'REQUEUED' }) + sacctLine({ ...times, Submit: String(end - 10) }));
    const sent = async () =>
      JSON.parse((await exportJobs('--json-only')).stdout).jobs.map(({ JobID }: { JobID: string }) => JobID);
    site.configureJobs('cluster_name: farm');
    expect(await sent()).toEqual(['7', '7']);
    site.configureJobs('cluster_name: farm, run_suffix: true');
    expect(await sent()).toEqual([`7/run${end - 60}`, '7']);
  });
});

describe('qstat', () => {
  const json = readFileSync(join(fixtures, 'pbs-history/qstat-x-f-t.json'), 'latin1');
  /** A qstat that prints a file, if it is asked for it in UTC. */
  function installQstat(text: string, exit = 0): void {
    const file = join(site.directory, 'qstat.json');
    writeFileSync(file, text, 'latin1');
    const qstat = `#!/bin/sh\n[ "$TZ $*" = 'UTC -x -f -t -F json' ] || exit 9\ncat '${file}'\nexit ${exit}\n`;
    install(site.programs, { qstat });
  }

  test('is a source of the last run of each job', async () => {
    installQstat(json);
    site.configureJobs('source: qstat, cluster_name: casper');
    const ran = await exportJobs('--json-only');
    const { jobs } = JSON.parse(ran.stdout);
    expect([ran.exit, jobs.length]).toEqual([0, 128]);
    expect(ran.stderr).toContain('106 subjobs left out');
  });

  test('decides the final state of a job of the accounting log', async () => {
    copyFileSync(join(fixtures, 'pbs-history/accounting-20261127'), join(log, '20261127'));
    const stateOf = async (id: string) => {
      const ran = await exportJobs('--json-only', '--start-date', '2026-11-27');
      const { jobs } = JSON.parse(ran.stdout);
      return [jobs.find(({ JobID }: { JobID: string }) => JobID === id).State, ran.stderr.includes('is not checked')];
    };
    expect(await stateOf('93.pbssrv')).toEqual(['COMPLETED', false]);
    useLog(', check_with_qstat: true');
    installQstat(json);
    expect(await stateOf('93.pbssrv')).toEqual(['FAILED', false]);
    installQstat('', 2);
    expect(await stateOf('93.pbssrv')).toEqual(['COMPLETED', true]);
  });

  test('does not decide the state of an earlier run of a job', async () => {
    copyFileSync(join(fixtures, 'pbs-history/accounting-20261127'), join(log, '20261127'));
    useLog(', check_with_qstat: true, run_suffix: false');
    installQstat(json);
    const ran = await exportJobs('--json-only', '--start-date', '2026-11-27');
    const jobs: { JobID: string; State: string; Run?: number }[] = JSON.parse(ran.stdout).jobs;
    const runs = jobs.filter(({ JobID }) => JobID === '71.pbssrv');
    expect(runs.map(({ State, Run }) => [State, Run])).toEqual([
      ['REQUEUED', 1],
      ['CANCELLED', undefined],
    ]);
  });

  test('that fails loses nothing', async () => {
    installQstat('', 2);
    site.configureJobs('source: qstat, cluster_name: casper');
    const ran = await exportJobs();
    expect([ran.exit, await ids()]).toEqual([1, []]);
    expect(ran.stderr).toContain('job_history_enable');
  });
});

needs(
  'sshd',
  'ssh',
  'ssh-keygen',
)('jobs.host has the accounting log', async () => {
  const far = await startSshd({ hosts: ['pbs-server'], programs: {} });
  try {
    writeDays(2, 1);
    useLog(`, host: pbs-server, ssh_config: ${far.configFile}`);
    site.env.PATH = '/usr/bin:/bin';
    expect((await exportJobs()).exit).toBe(0);
    appendFileSync(fileOf(1), jobOf(1, 5));
    await exportJobs();
    expect(await ids()).toEqual(['2.pbs', '1.pbs', '5.pbs']);
  } finally {
    await far.stop();
  }
});
