/** Finished jobs, from what sacct prints to the entries of the outbox. */

import { afterAll, afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeProgress } from '../../src/history/progress.ts';
import type { Entry } from '../../src/outbox/entry.ts';
import { Outbox } from '../../src/outbox/outbox.ts';
import { randomFrom } from '../bench/random.ts';
import { noise, put } from '../outbox/queue.ts';
import { type HistoryApi, type HistorySite, newHistorySite, startHistoryApi } from '../support/history-site.ts';
import { install } from '../support/playback.ts';
import { captured, type Fields, sacctLine, seconds, stepLine } from '../support/sacct.ts';
import { binary } from '../support/site.ts';
import { until } from '../support/until.ts';

const api = startHistoryApi();
afterAll(() => api.stop());

let site: HistorySite;
beforeEach(() => {
  site = newHistorySite(api.url);
});
afterEach(() => site.remove());

/** The day so many days ago: what was sent is remembered for a year. */
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
const [day, dayBefore, dayAfter] = [daysAgo(4), daysAgo(5), daysAgo(3)];
const thatDay = ['--start-date', day, '--end-date', day];
const exportJobs = (...args: string[]) => site.run('jobs', 'export', ...args, '-v');

/** The nth job that ended on a day, at its nth second, with its step. */
function jobOf(date: string, n: number, fields: Fields = {}): string {
  const end = Number(seconds(`${date}T00:00:00Z`)) + n;
  const times = { Submit: String(end - 100), Start: String(end - 60), End: String(end), ElapsedRaw: '60' };
  const job = { ...times, JobIDRaw: String(n + 1), ...fields };
  return sacctLine(job) + stepLine(job);
}

/** So many jobs that ended on a day. */
function jobsOf(date: string, count: number, fields: Fields = {}): string {
  return Array.from({ length: count }, (_, n) => jobOf(date, n, fields)).join('');
}

/** Their names, as `stored` has them. */
function namesOf(date: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => {
    const submitted = new Date(Date.parse(`${date}T00:00:00Z`) + (n - 100) * 1000);
    return `farm ${n + 1} ${submitted.toISOString().slice(0, 19)}`;
  });
}

/** What a real sacct printed, as if it had been that day. */
function capturedThen(): string {
  const shift = (captured.window.from.getTime() - Date.parse(`${day}T08:00:00Z`)) / 1000;
  return captured.text.replaceAll(/\b179\d{7}\b/g, (moment) => String(Number(moment) - shift));
}

describe('an export', () => {
  test('stores the output of a real sacct as entries of the cluster, and nothing a second time', async () => {
    site.sacctPrints(capturedThen());
    const range = ['--since', `${day}T08:00`, '--until', `${day}T08:30`];
    const first = await exportJobs(...range);
    expect(first).toMatchObject({ exit: 0, stdout: '' });
    expect(first.stderr).toMatch(/✓ 36 finished jobs of farm, 36 new or changed; 0\.93 CPU-hours, 0\.39 GPU-hours$/m);
    expect(first.stderr).toMatch(/Stored 36 jobs that ended .* in 1 entry$/m);
    const [one, ...others] = await site.bodies();
    expect(others).toEqual([]);
    const { hostname, jobs } = JSON.parse(one ?? '');
    expect(hostname).toBe('farm');
    expect(jobs).toHaveLength(36);
    expect(jobs[0]).toEqual({
      JobID: '1',
      User: 'alice',
      Account: 'physics',
      Partition: 'compute',
      State: 'COMPLETED',
      Submit: `${day}T08:05:01`,
      Start: `${day}T08:05:01`,
      End: `${day}T08:05:03`,
      QOS: 'normal',
      NodeList: 'c001',
      CPUHours: 2 / 3600,
      GPUHours: 0,
      AllocCPUS: 1,
      AllocGPUS: 0,
      AllocNodes: 1,
    });
    const [entry] = await site.entries();
    expect(entry).toMatchObject({ stream: 'ingest/farm', destination: 'ingest' });
    const again = await exportJobs(...range);
    expect(again.stderr).toContain('36 finished jobs of farm, 0 new or changed');
    expect(again.stderr).not.toContain('Stored');
    expect(await site.bodies()).toHaveLength(1);
  });

  test('up to a time that was read before says that there is nothing to read', async () => {
    await exportJobs();
    const { exit, stderr } = await exportJobs('--until', day);
    expect({ exit, stderr }).toEqual({
      exit: 0,
      stderr: expect.stringContaining(`Nothing to read: all jobs that ended before ${day}T00:00:00 were read before\n`),
    });
    expect(stderr).not.toContain('finished jobs');
  });

  test('is not a snapshot: health expects none of the cluster', async () => {
    site.sacctPrints(jobsOf(day, 3));
    await exportJobs(...thatDay);
    const { stdout } = await site.run('health', '--json');
    expect(JSON.parse(stdout).systems).toEqual([]);
  });

  test('that failed for days is a problem in health; an export of a range is not expected again', async () => {
    await exportJobs(...thatDay, '--cluster-name', 'meadow');
    await exportJobs();
    const outbox = new Outbox(site.outbox);
    const readUntil = new Date(Date.now() - 3 * 86_400_000);
    writeProgress(outbox, 'farm', { readUntil, backfill: null });
    outbox.close();
    site.sacctBegins('exit 1');
    await exportJobs();
    const textfile = join(site.directory, 'jobs.prom');
    const { exit, stdout } = await site.run('health', '--prometheus', textfile);
    expect(exit).toBe(1);
    expect(stdout).toStartWith(
      'HPC-COLLECTOR WARNING: the jobs of farm were last exported 3d ago: hpc-collector jobs export',
    );
    expect(readFileSync(textfile, 'utf8')).toContain(
      `hpc_collector_jobs_exported_timestamp_seconds{cluster="farm"} ${readUntil.getTime() / 1000}\n`,
    );
    site.sacctBegins(null);
    await exportJobs();
    expect((await site.run('health')).exit).toBe(0);
  });

  test('sends only changed jobs again', async () => {
    site.sacctPrints(jobsOf(day, 3));
    await exportJobs(...thatDay);
    const changed = jobOf(day, 1, { State: 'FAILED' });
    site.sacctPrints(jobOf(day, 0) + changed + jobOf(day, 2) + jobOf(day, 3));
    expect((await exportJobs(...thatDay)).exit).toBe(0);
    const [, second = '{}'] = await site.bodies();
    expect(JSON.parse(second).jobs.map((job: Record<string, unknown>) => [job.JobID, job.State])).toEqual([
      ['2', 'FAILED'],
      ['4', 'COMPLETED'],
    ]);
  });

  test('sends dropped jobs again with --again, and stores their fingerprints as usual', async () => {
    site.sacctPrints(jobsOf(day, 3));
    await exportJobs('--days', '5');
    await site.run('outbox', 'drop', '--state', 'delivered', '--yes');
    expect(await site.stored()).toEqual([]);
    expect((await exportJobs('--days', '5')).stderr).toContain('3 finished jobs of farm, 0 new or changed');
    expect((await exportJobs('--days', '5', '--dry-run')).stdout).toContain('New or changed: 0\n');
    expect((await exportJobs('--days', '5', '--again', '--dry-run')).stdout).not.toContain('New or changed: 0\n');
    expect((await exportJobs('--days', '5', '--again')).exit).toBe(0);
    expect(await site.stored()).toEqual(namesOf(day, 3));
    expect((await exportJobs('--days', '5')).stderr).toContain('0 new or changed');
  });

  test('with --again starts a range at its beginning, even if an export of it stopped half-way', async () => {
    const range = ['--start-date', day, '--end-date', dayAfter];
    site.sacctPrints(jobsOf(day, 1));
    site.sacctBegins(`case $from in ${dayAfter}*) exit 1;; esac`);
    expect((await exportJobs(...range)).exit).toBe(1);
    site.sacctBegins(null);
    const before = site.asked().length;
    expect((await exportJobs(...range, '--again')).exit).toBe(0);
    expect(site.asked()[before]).toStartWith(`${day}T00:00:00`);
    expect(await site.stored()).toEqual([...namesOf(day, 1), ...namesOf(day, 1)]);
  });

  test('makes no body over the limit, except for a single job that is larger', async () => {
    const jobs = `jobs: { cluster_name: farm, search_path: ['${site.programs}', /usr/bin, /bin] }`;
    site.configure('collector.yaml', `${jobs}\ndestinations: { ingest: { max_body_bytes: 1000 } }\n`);
    site.sacctPrints(jobsOf(day, 8) + jobOf(day, 8, { QOS: 'x'.repeat(1000) }));
    expect((await exportJobs(...thatDay)).exit).toBe(1);
    const states = (await site.entries()).map(({ state }) => state);
    expect(states).toEqual(['delivered', 'delivered', 'delivered', 'rejected']);
    expect(await site.stored()).toHaveLength(9);
  });

  test('without a range reads the last days, and then from a day before the last time', async () => {
    expect((await exportJobs()).exit).toBe(0);
    expect(site.asked()).toHaveLength(8);
    expect((await exportJobs()).exit).toBe(0);
    expect(site.asked()).toHaveLength(10);
    const [first, again] = [site.asked()[0], site.asked()[8]].map((window) => Date.parse(`${window?.split(' ')[0]}Z`));
    expect(Date.now() - (first ?? 0)).toBeWithin(7 * 86_400_000 - 1000, 7 * 86_400_000 + 60_000);
    expect(Date.now() - (again ?? 0)).toBeWithin(86_400_000 - 1000, 86_400_000 + 60_000);
  });

  test('has times and days in the configured time zone', async () => {
    site.configureJobs('cluster_name: farm, timezone: America/Phoenix');
    site.sacctPrints(jobsOf(day, 1));
    await exportJobs('--start-date', dayBefore, '--end-date', dayBefore);
    expect(site.asked()).toEqual([`${dayBefore}T07:00:00 ${day}T00:00:00`, `${day}T00:00:00 ${day}T07:00:00`]);
    expect((await site.stored())[0]).toBe(`farm 1 ${dayBefore}T16:58:20`);
  });

  test('is silent without a terminal, and reports an error once', async () => {
    site.sacctPrints(jobsOf(day, 3));
    expect(await site.runUnwatched('jobs', 'export')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    site.sacctBegins('echo "sacct: error: Problem talking to the database: Connection refused" >&2; exit 1');
    const broken = await site.runUnwatched('jobs', 'export');
    expect(broken.exit).toBe(1);
    expect(broken.stderr.trim().split('\n')).toHaveLength(1);
    expect(await site.runUnwatched('jobs', 'export')).toMatchObject({ exit: 1, stderr: '' });
    site.sacctBegins(null);
    const mended = await site.runUnwatched('jobs', 'export');
    expect(mended).toMatchObject({ exit: 0, stderr: expect.stringContaining('✓ Recovered after') });
  });

  test('is one at a time for a cluster', async () => {
    site.sacctBegins('touch "$lines.begun"; while [ -e "$lines.begun" ]; do sleep 0.05; done');
    const first = site.start(['jobs', 'export', ...thatDay, '-v']);
    await until(() => existsSync(join(site.directory, 'lines.begun')), 'sacct runs');
    expect(await exportJobs()).toMatchObject({ exit: 75, stderr: expect.stringContaining('Another export of farm') });
    rmSync(join(site.directory, 'lines.begun'));
    expect((await first.ended).exit).toBe(0);
  });
});

test('over ssh, the connection has 10 seconds', async () => {
  const said = join(site.directory, 'ssh-arguments');
  install(site.programs, { ssh: `#!/bin/sh\necho "$@" >>'${said}'\nexit 255\n` });
  site.configureJobs('cluster_name: farm, host: farm-login, timeout: 60');
  expect((await exportJobs(...thatDay)).exit).toBe(1);
  expect(readFileSync(said, 'utf8')).toContain(' ConnectTimeout=10 ');
});

test('without an address the jobs are stored, and stay pending', async () => {
  site.configure('env', '');
  site.sacctPrints(jobsOf(dayBefore, 2) + jobsOf(day, 3));
  const { exit, stderr } = await exportJobs('--start-date', dayBefore, '--end-date', day);
  expect(exit).toBe(2);
  expect(stderr.match(/✗ the stored jobs stay pending: .*set INGEST_API_URL/g)).toHaveLength(1);
  expect(await site.stored()).toEqual([...namesOf(dayBefore, 2), ...namesOf(day, 3)]);
});

describe('a dry run', () => {
  test('shows the numbers of all and of new jobs, and stores nothing', async () => {
    site.sacctPrints(jobsOf(day, 4, { AllocTRES: 'cpu=90,gres/gpu=3' }) + jobsOf(dayAfter, 1));
    const numbers = (fresh: number) => `Extracted 10 raw job records
Filtered to 4 completed job records
DRY RUN: Would submit the following:
  Cluster: farm
  Jobs: 4
  New or changed: ${fresh}
  Total CPU-hours: 6.00
  Total GPU-hours: 0.20
`;
    expect(await exportJobs(...thatDay, '--dry-run')).toMatchObject({ exit: 0, stdout: numbers(4) });
    expect(existsSync(site.outbox)).toBe(false);
    await exportJobs(...thatDay);
    expect(await exportJobs(...thatDay, '--dry-run')).toMatchObject({ exit: 0, stdout: numbers(0) });
  });

  test('--json-only prints the bodies that would be stored', async () => {
    site.configureJobs('cluster_name: farm, batch_jobs: 2');
    site.sacctPrints(jobsOf(day, 3));
    const { exit, stdout } = await exportJobs(...thatDay, '--json-only');
    expect(exit).toBe(0);
    expect(existsSync(site.outbox)).toBe(false);
    expect((await exportJobs(...thatDay)).stderr).toMatch(/Stored 3 jobs that ended .* in 2 entries$/m);
    expect(stdout).toBe(`${(await site.bodies()).join('\n')}\n`);
    expect(await exportJobs(...thatDay, '--json-only')).toMatchObject({ exit: 0, stdout: '' });
  });
});

describe('if sacct fails', () => {
  const refused = 'sacct: error: Problem talking to the database: Connection refused';
  test.each([
    ['half-way', `head -c 700 "$lines"; echo '${refused}' >&2; exit 1`, 1, 'slurmdbd does not answer'],
    [
      'with an error behind its whole output',
      `cat "$lines"; echo '${refused}' >&2; exit 1`,
      1,
      'slurmdbd does not answer',
    ],
    ['killed', 'head -c 700 "$lines"; kill -9 $$', 1, 'sacct was killed by SIGKILL'],
    ['in time', 'head -c 700 "$lines"; sleep 60', 1, 'sacct did not end within 1 s; raise jobs.timeout'],
    ['cut off', 'head -c 700 "$lines"; exit 0', 1, 'the output of sacct is cut off'],
    [
      'without its database',
      'echo "sacct: error: slurm_persist_conn_open: Unable to connect to database" >&2; exit 1',
      1,
      'slurmdbd cannot reach its database',
    ],
    [
      'without accounting',
      'echo "Slurm accounting storage is disabled" >&2; exit 1',
      1,
      'accounting is disabled in Slurm',
    ],
    [
      'without munge',
      'echo "sacct: error: Problem talking to the database: Protocol authentication error" >&2; exit 1',
      1,
      'it cannot authenticate',
    ],
    [
      'without a socket of auth/slurm',
      'echo "sacct: error: failed to connect to any sack sockets" >&2; echo "sacct: error: Problem talking to the database: Protocol authentication error" >&2; exit 1',
      1,
      'it finds no socket of auth/slurm (failed to connect to any sack sockets); start sackd',
    ],
    [
      'with a client older than its slurmdbd',
      'echo "sacct: error: Problem talking to the database: Incompatible versions of client and server code" >&2; exit 1',
      1,
      'this client and the Slurm daemon are of different releases',
    ],
    ['without permission', 'echo "sacct: error: Access/permission denied" >&2; exit 1', 1, 'permission denied'],
    [
      'in a wrapper that may not read its own file',
      'echo "/opt/site/sacct: 3: /etc/site/profile: Permission denied" >&2; exit 2',
      1,
      'sacct exited with 2: /opt/site/sacct: 3: /etc/site/profile: Permission denied',
    ],
    [
      'for an unknown state',
      `echo "sacct: fatal: unrecognized job state value 'RV'" >&2; exit 1`,
      1,
      'this version of sacct does not support the request',
    ],
    [
      'for an unknown field',
      `echo 'sacct: error: Invalid field requested: "NodeList"' >&2; exit 1`,
      1,
      'this version of sacct does not support the request',
    ],
    [
      'without slurm.conf',
      'echo "sacct: fatal: Unable to process configuration file" >&2; exit 1',
      1,
      'it finds no slurm.conf',
    ],
    ['for an unknown reason', 'echo "sacct: oops" >&2; exit 3', 1, 'sacct exited with 3: sacct: oops'],
  ])(
    '%s: nothing of the window is stored or marked, and the next export has it all',
    async (_, script, exit, words) => {
      site.configureJobs('cluster_name: farm, timeout: 1');
      site.sacctPrints(jobsOf(day, 9));
      site.sacctBegins(script);
      const failed = await exportJobs(...thatDay);
      expect(failed.exit).toBe(exit);
      expect(failed.stderr).toContain(words);
      expect(failed.stderr).toContain(`no jobs that ended ${day} 00:00:00 to ${dayAfter} 00:00:00 UTC are stored`);
      expect(await site.stored()).toEqual([]);
      site.sacctBegins(null);
      expect((await exportJobs(...thatDay)).exit).toBe(0);
      expect(await site.stored()).toEqual(namesOf(day, 9));
    },
  );

  test('windows that were read before it stay stored', async () => {
    site.sacctPrints(jobsOf(dayBefore, 2) + jobsOf(day, 3));
    site.sacctBegins(`case $from in ${day}*) exit 1;; esac`);
    const range = ['--start-date', dayBefore, '--end-date', dayAfter];
    expect((await exportJobs(...range)).exit).toBe(1);
    expect(await site.stored()).toEqual(namesOf(dayBefore, 2));
    site.sacctBegins(null);
    expect((await exportJobs(...range)).stderr).toContain(`Continuing: jobs of farm that ended ${day}`);
    expect(await site.stored()).toEqual([...namesOf(dayBefore, 2), ...namesOf(day, 3)]);
  });

  test('the error about a missing sacct names the setting of the host', async () => {
    site.configure('collector.yaml', 'jobs: { cluster_name: farm, search_path: [/usr/bin, /bin] }\n');
    install(join(site.directory, 'no-sacct'), {
      env: '#!/bin/sh\necho "env: \'sacct\': No such file" >&2\nexit 127\n',
    });
    site.configure(
      'collector.yaml',
      `jobs: { cluster_name: farm, search_path: ['${join(site.directory, 'no-sacct')}'] }\n`,
    );
    const { exit, stderr } = await exportJobs();
    expect(exit).toBe(2);
    expect(stderr).toContain('there is no sacct in PATH or jobs.search_path: set jobs.host');
  });

  test('Ctrl-C ends it at once, and nothing of the window is stored', async () => {
    site.sacctPrints(jobsOf(day, 9));
    site.sacctBegins('head -c 700 "$lines"; touch "$lines.begun"; sleep 60');
    const running = site.start(['jobs', 'export', ...thatDay, '-v']);
    await until(() => existsSync(join(site.directory, 'lines.begun')), 'sacct runs');
    running.kill('SIGINT');
    const { exit, stderr } = await running.ended;
    expect(exit).toBe(1);
    expect(stderr).toContain('interrupted; the next export continues here');
    expect(await site.stored()).toEqual([]);
  });

  test('Ctrl-C while it delivers: the delivery is finished, and the next export continues with the next day', async () => {
    site.sacctPrints(jobsOf(dayBefore, 2) + jobsOf(day, 3));
    const range = ['--start-date', dayBefore, '--end-date', day];
    const released = Promise.withResolvers<void>();
    let requests = 0;
    const slow = Bun.serve({
      hostname: '127.0.0.1',
      port: 0,
      async fetch(request) {
        requests += 1;
        await released.promise;
        return fetch(api.url + new URL(request.url).pathname, { method: 'POST', body: await request.bytes() });
      },
    });
    try {
      site.configure('env', `INGEST_API_URL=http://127.0.0.1:${slow.port}\nINGEST_API_KEY=key\n`);
      const running = site.start(['jobs', 'export', ...range, '-v']);
      await until(() => requests === 1, 'the first day is sent');
      running.kill('SIGINT');
      released.resolve();
      const { exit, stderr } = await running.ended;
      expect(exit).toBe(1);
      expect(stderr).toContain('✓ Posted farm jobs: jobs_processed=2');
      expect(stderr).toContain('interrupted; the next export continues here');
      expect(await site.stored()).toEqual(namesOf(dayBefore, 2));
      expect((await exportJobs(...range)).stderr).toContain(`Continuing: jobs of farm that ended ${day}`);
      expect(await site.stored()).toEqual([...namesOf(dayBefore, 2), ...namesOf(day, 3)]);
    } finally {
      await slow.stop(true);
    }
  });
});

describe('records that cannot be read', () => {
  test('are skipped alone, reported with their position, and sent when they can be read', async () => {
    const good = jobsOf(day, 3);
    site.sacctPrints(`${good}9\u001fshort\n`);
    const { exit, stderr } = await exportJobs(...thatDay);
    expect(exit).toBe(1);
    expect(stderr).toContain(
      `1 record of sacct cannot be read and is left out: something at byte ${good.length} has 2 fields instead of 13`,
    );
    expect(stderr).toContain(`hpc-collector jobs export --since ${day}T00:00:00 --until ${dayAfter}T00:00:00`);
    expect(await site.stored()).toHaveLength(3);
    site.sacctPrints(jobsOf(day, 4));
    await exportJobs('--since', `${day}T00:00:00`, '--until', `${dayAfter}T00:00:00`);
    expect(await site.stored()).toEqual(namesOf(day, 4));
  });

  test.each(['--dry-run', '--json-only'])(
    'on the first of two days make %s end with 1, and the others are shown',
    async (flag) => {
      site.sacctPrints(jobsOf(dayBefore, 2) + jobsOf(day, 3));
      site.sacctBegins(`case $from in ${dayBefore}*) echo broken;; esac`);
      const { exit, stdout, stderr } = await exportJobs('--start-date', dayBefore, '--end-date', day, flag);
      expect(exit).toBe(1);
      expect(stderr).toContain('1 record of sacct cannot be read and is left out');
      if (flag === '--dry-run') expect(stdout).toContain('Filtered to 5 completed job records\n');
      else expect(stdout.match(/"JobID"/g)).toHaveLength(5);
    },
  );

  test('are read again by each export without a range, for the days of a first export', async () => {
    site.sacctBegins(`case $from in ${dayAfter}*) echo broken;; esac`);
    expect((await exportJobs()).exit).toBe(1);
    const before = site.asked().length;
    expect((await exportJobs()).exit).toBe(1);
    expect(site.asked()[before]).toStartWith(`${day}T`);
  });
});

describe('in an outbox that held snapshots fill', () => {
  let snapshots: Entry[];
  beforeEach(() => {
    const settings = `cluster_name: farm, search_path: ['${site.programs}', /usr/bin, /bin]`;
    site.configure('collector.yaml', `outbox: { max_mib: 4 }\njobs: { ${settings} }\n`);
    const outbox = new Outbox(site.outbox);
    snapshots = Array.from({ length: 80 }, () => put(outbox, { state: 'held', body: noise(80_000) }));
    outbox.close();
  });
  const count = async () => Number((await site.run('outbox', 'ls', '--stream', 'sam/casper', '--count')).stdout);

  test('jobs find no room: no snapshot is deleted for them, and they are stored once there is room', async () => {
    site.sacctPrints(jobsOf(day, 3));
    const { exit, stderr } = await exportJobs(...thatDay);
    expect(stderr).toContain('the outbox has no room for 1 MiB of job history: deliver the pending entries');
    expect(exit).toBe(1);
    expect(await count()).toBe(snapshots.length);
    await site.run('outbox', 'drop', '--stream', 'sam/casper', '--reason', 'moved', '--yes');
    expect((await exportJobs(...thatDay)).exit).toBe(0);
    expect(await site.stored()).toEqual(namesOf(day, 3));
  });

  test('an export without new jobs needs no room', async () => {
    expect(await exportJobs(...thatDay)).toMatchObject({ exit: 0, stdout: '' });
    expect(await count()).toBe(snapshots.length);
  });
});

describe('a range of years', () => {
  test('delivers pending entries first if there are too many to go on', async () => {
    await site.remove();
    site = newHistorySite(null);
    const settings = `cluster_name: farm, batch_jobs: 1, search_path: ['${site.programs}', /usr/bin, /bin]`;
    site.configure('collector.yaml', `jobs: { ${settings} }\ndestinations: { ingest: { max_per_minute: 100000 } }\n`);
    site.sacctPrints(jobsOf(day, 210) + jobsOf(dayAfter, 2));
    expect((await exportJobs('--start-date', day, '--end-date', dayAfter)).exit).toBe(1);
    site.configure('env', `INGEST_API_URL=${api.url}\nINGEST_API_KEY=key\n`);
    const { exit, stderr } = await exportJobs('--start-date', day, '--end-date', dayAfter);
    expect(stderr).toContain('Drain: 210 delivered, 0 rejected, 0 left');
    expect(exit).toBe(0);
    expect(await site.stored()).toHaveLength(212);
  });

  test('goes on only while few entries are pending, and continues where it stopped', async () => {
    await site.remove();
    site = newHistorySite(null);
    site.configureJobs('cluster_name: farm, batch_jobs: 1');
    const days = ['2024-02-27', '2024-02-28', '2024-02-29', '2024-03-01'];
    site.sacctPrints(days.map((day) => jobsOf(day, 90)).join(''));
    const range = ['--start-date', '2024-02-26', '--end-date', '2024-03-02'];
    const first = await exportJobs(...range);
    expect(first.exit).toBe(1);
    expect(first.stderr).toContain(
      '270 entries are pending, and no more jobs are read until they are delivered: run hpc-collector drain --stream ingest/farm, then the same command again',
    );
    expect(site.asked()).toHaveLength(4);
    expect((await exportJobs(...range)).exit).toBe(1);
    expect(site.asked()).toHaveLength(4);
    await site.run('outbox', 'hold', '--stream', 'ingest/farm', '--reason', 'out of the way');
    await exportJobs(...range);
    expect(site.asked().slice(4)).toEqual([
      '2024-03-01T00:00:00 2024-03-02T00:00:00',
      '2024-03-02T00:00:00 2024-03-03T00:00:00',
    ]);
    expect(await site.stored()).toEqual(days.flatMap((day) => namesOf(day, 90)));
  });
});

test('a job that has just ended is left to the next export until Slurm knows its partition', async () => {
  const end = Math.floor(Date.now() / 1000) - 5;
  const fields = { Submit: `${end - 10}`, Start: `${end - 1}`, End: `${end}`, ElapsedRaw: '1' };
  site.sacctPrints(sacctLine({ ...fields, Partition: '', QOS: 'Unknown' }));
  expect(await exportJobs()).toMatchObject({ exit: 0, stderr: expect.stringContaining('0 finished jobs of farm') });
  site.sacctPrints(sacctLine(fields));
  expect((await exportJobs()).stderr).toContain('1 finished job of farm, 1 new or changed;');
  const sent = (await site.bodies()).flatMap((text) => JSON.parse(text).jobs);
  expect(sent).toMatchObject([{ Partition: 'compute', QOS: 'normal' }]);
});

test('an ElapsedRaw that is longer than the job lasted is warned about', async () => {
  site.sacctPrints(jobOf(day, 0, { ElapsedRaw: '61' }));
  const { exit, stderr } = await exportJobs(...thatDay);
  expect(exit).toBe(0);
  expect(stderr).toMatch(
    /WARNING .*1 job with impossible values: 1 at byte 0 its ElapsedRaw is 61 s, but it ended 60 s/,
  );
});

test('a sacct that is too old is refused, as collect refuses such a Slurm', async () => {
  install(site.programs, { sacct: '#!/bin/sh\n[ "$1" = --version ] && echo \'slurm 20.11.9\' || exit 1\n' });
  const { exit, stderr } = await exportJobs();
  expect(exit).toBe(2);
  expect(stderr).toContain('sacct: slurm 20.11.9 is older than 21.08, the oldest supported Slurm; set');
  const { stdout } = await site.run('doctor', '--json');
  expect(stdout).toMatch(/"name":"ingest sacct","result":"fail","message":"sacct: slurm 20.11.9 is older than 21.08/);
});

describe('the name of the cluster', () => {
  beforeEach(() => site.configureJobs(''));
  const config =
    'Configuration data as of 2026\nAccountingStorageTRES   = cpu\nClusterName             = meadow\nSlurmUser = root(0)\n';

  test('is that of Slurm', async () => {
    install(site.programs, { scontrol: `#!/bin/sh\n[ "$*" = "show config" ] && printf '${config}'\n` });
    site.sacctPrints(jobsOf(day, 1));
    expect((await exportJobs(...thatDay)).exit).toBe(0);
    expect((await site.entries()).map(({ stream }) => stream)).toEqual(['ingest/meadow']);
  });

  test('is required if Slurm does not report one', async () => {
    install(site.programs, { scontrol: '#!/bin/sh\necho "not today" >&2\nexit 1\n' });
    const { exit, stderr } = await exportJobs();
    expect(exit).toBe(2);
    expect(stderr).toContain('cannot determine the cluster name: scontrol show config exited with 1: not today');
    expect(stderr).toContain('set jobs.cluster_name in collector.yaml, or pass --cluster-name');
  });

  test('is not blamed if slurmctld is down: the export fails, and the next one reads the same jobs', async () => {
    const down = 'slurm_load_ctl_conf error: Unable to contact slurm controller (connect failure)';
    install(site.programs, { scontrol: `#!/bin/sh\necho "${down}" >&2\nexit 1\n` });
    const { exit, stderr } = await exportJobs();
    expect(exit).toBe(1);
    expect(stderr).toContain(`cannot ask Slurm for the cluster name: slurmctld does not answer (${down})`);
    expect(stderr).toContain('no jobs are lost: the next export reads the same jobs');
  });

  test.each(['../../evil', 'a b', '', '-x', 'x'.repeat(65)])('%p is refused', async (name) => {
    const { exit, stderr } = await exportJobs(`--cluster-name=${name}`);
    expect(exit).toBe(2);
    expect(stderr).toContain('must have 1 to 64 letters, digits, dots, - or _, and not begin with a dot or -');
    expect(readdirSync(dirname(site.configDirectory)).sort()).toEqual(['hpc-collector']);
  });
});

test.each([
  [['--since', '2024-11-20', '--days', '3'], '--since and --days cannot be used together'],
  [['--until', '2024-11-20', '--end-date', '2024-11-20'], '--until and --end-date cannot be used together'],
  [['--again'], '--again needs a range: give --since, --start-date or --days with it'],
  [['--again', '--until', '2024-11-20'], '--again needs a range'],
  [['--dry-run', '--json-only'], '--dry-run and --json-only cannot be used together'],
  [['--since', 'yesterday'], '--since yesterday: give a time in ISO 8601, UTC'],
  [['--start-date', '2025-02-30'], '--start-date 2025-02-30: give a day'],
  [['--days', '0'], '--days 0: give a number of days'],
  [['--since', '2024-11-20', '--until', '2024-11-20'], 'the range is empty'],
  [['--since', '2999-01-01'], 'the range begins in the future'],
])('%p is refused', async (args, words) => {
  const { exit, stderr } = await exportJobs(...args);
  expect(exit).toBe(2);
  expect(stderr).toContain(words);
  expect(site.asked()).toEqual([]);
});

test('a kill at any time loses no job, and sends none twice', async () => {
  const seed = Date.now() % 1_000_000;
  const random = randomFrom(seed);
  site.configureJobs('cluster_name: farm, batch_jobs: 60');
  const days = [7, 6, 5, 4].map(daysAgo);
  site.sacctPrints(days.map((day) => jobsOf(day, 300)).join(''));
  site.sacctBegins('sleep 0.05');
  const args = ['jobs', 'export', '--start-date', daysAgo(7), '--end-date', day, '-q'];
  const started = performance.now();
  await site.start(args, { env: { ...site.env, XDG_STATE_HOME: join(site.directory, 'other-state') } }).ended;
  const life = performance.now() - started;
  let kills = 0;
  // A busy machine makes each life longer: the number of kills bounds the time.
  for (; kills < 25; kills++) {
    const child = Bun.spawn([binary, ...args], { env: site.env, stdout: 'ignore', stderr: 'ignore' });
    // The first two are killed within 100 ms, in which sacct ends for one of the four days at most. Of the others, the load
    // of the machine decides which one ends by itself.
    const timer = setTimeout(() => child.kill('SIGKILL'), random(kills < 2 ? 100 : Math.ceil(life / 2)));
    await child.exited;
    clearTimeout(timer);
    if (child.signalCode === null) break;
  }
  expect({ seed, enough: kills > 1 }).toEqual({ seed, enough: true });
  expect({ seed, exit: (await exportJobs(...args.slice(2, -1))).exit }).toEqual({ seed, exit: 0 });
  expect({ seed, stored: await site.stored() }).toEqual({ seed, stored: days.flatMap((day) => namesOf(day, 300)) });
  // Nothing of what was gathered is left, by none of them.
  site.sacctPrints(jobsOf(dayAfter, 1));
  await exportJobs('--start-date', dayAfter, '--end-date', dayAfter);
  expect(readdirSync(dirname(site.outbox)).filter((name) => name.includes('gathered'))).toEqual([]);
}, 120_000);

test('replaces slurm-usage-history-exporter with its config.json', async () => {
  await site.remove();
  site = newHistorySite(null);
  site.configure('env', '');
  site.configureJobs('window_days: 7');
  site.sacctPrints(jobsOf(day, 3));
  const file = join(site.directory, 'config.json');
  writeFileSync(file, JSON.stringify({ api_url: api.url, api_key: 'its-own-key', timeout: 30, cluster_name: 'farm' }));
  chmodSync(file, 0o600);
  const env = { ...site.env, TZ: 'America/Denver' };
  const imported = await site.start(['config', 'import', file], { env }).ended;
  expect(imported).toMatchObject({ exit: 0, stderr: '' });
  expect(imported.stdout).toContain(`destinations.ingest.url: ${api.url}\n`);
  expect(imported.stdout + imported.stderr).not.toContain('its-own-key');
  // The exporter sent the local times of its host: in others each job would be stored twice.
  expect(imported.stdout).toContain('jobs.timezone: America/Denver (the zone of this host');
  const { exit, stderr } = await exportJobs();
  expect(stderr).toContain('✓ Posted farm jobs: jobs_processed=3');
  expect(exit).toBe(0);
});

describe('to the original server, which takes no job without a start', () => {
  let original: HistoryApi;
  beforeEach(() => {
    original = startHistoryApi({ requiresStart: true });
    pointTo(original.url);
  });
  afterEach(() => original.stop());

  const pointTo = (url: string) => site.configure('env', `INGEST_API_URL=${url}\nINGEST_API_KEY=key\n`);
  const cancelled = (date: string, n: number) =>
    sacctLine({
      JobIDRaw: String(n + 1),
      State: 'CANCELLED by 1000',
      Submit: seconds(`${date}T00:00:00Z`),
      Start: 'None',
      End: seconds(`${date}T00:01:00Z`),
      ElapsedRaw: '0',
      NodeList: 'None assigned',
      AllocTRES: '',
    });
  const leftOut = async () => {
    const { stdout } = await site.run('outbox', 'ls', '--dropped', '--json');
    const rows = stdout.split('\n').filter((line) => line !== '');
    return rows.map((line) => String(JSON.parse(line).reason).split(',')[0]).sort();
  };
  const range = ['--start-date', dayBefore, '--end-date', dayAfter];

  test('leaves such jobs out after one refusal, counts and lists them, and succeeds', async () => {
    site.sacctPrints(
      [dayBefore, day, dayAfter].map((date, n) => jobOf(date, 10 * n) + cancelled(date, 10 * n + 1)).join(''),
    );
    const { exit, stderr } = await exportJobs(...range);
    expect(stderr).toContain('✓ 6 finished jobs of farm, 6 new or changed, 3 jobs without a start left out;');
    expect(exit).toBe(0);
    expect(original.refused).toEqual([['1', '2']]);
    expect(original.taken).toEqual([['1'], ['11'], ['21']]);
    expect((await site.entries()).map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(await leftOut()).toEqual(['job 12', 'job 2', 'job 22']);
    const { stdout } = await site.run('outbox', 'ls', '--dropped');
    expect(stdout).toContain(
      `job 2, submitted ${dayBefore}T00:00:00, never started: the usage-history API at ${original.url}`,
    );
    expect(await exportJobs()).toMatchObject({ exit: 0, stderr: expect.stringContaining('0 new or changed;') });
    const health = await site.run('health');
    expect(health).toMatchObject({ exit: 0, stdout: expect.stringContaining('HPC-COLLECTOR OK') });
  });

  test('asks the server once more with --again, and lists no job twice', async () => {
    site.sacctPrints(jobOf(day, 0) + cancelled(day, 1));
    await exportJobs(...thatDay);
    const { exit, stderr } = await exportJobs(...thatDay, '--again');
    expect(stderr).toContain('2 finished jobs of farm, 2 new or changed, 1 job without a start left out;');
    expect(exit).toBe(0);
    expect(original.refused).toHaveLength(2);
    expect(original.taken).toEqual([['1'], ['1']]);
    expect(await leftOut()).toEqual(['job 2']);
  });

  test('a night with only cancelled jobs counts as a delivery, and is silent without a terminal', async () => {
    site.sacctPrints(cancelled(day, 1));
    expect(await site.runUnwatched('jobs', 'export')).toMatchObject({ exit: 0, stdout: '', stderr: '' });
    expect(original.taken).toEqual([[]]);
    expect((await site.entries()).map(({ state }) => state)).toEqual(['delivered']);
    expect(await leftOut()).toEqual(['job 2']);
  });

  test('sends all jobs to another address', async () => {
    site.sacctPrints(cancelled(day, 1));
    await exportJobs(...thatDay);
    const other = startHistoryApi();
    pointTo(other.url);
    const { exit, stderr } = await exportJobs(...thatDay, '--again');
    await other.stop();
    expect(stderr).toContain('1 finished job of farm, 1 new or changed;');
    expect(exit).toBe(0);
    expect(other.taken).toEqual([['2']]);
  });
});

test('refuses another zone for a cluster that was exported before, unless its jobs are sent again', async () => {
  site.sacctPrints(jobsOf(day, 2));
  expect(await exportJobs(...thatDay)).toMatchObject({ exit: 0 });
  site.configureJobs('cluster_name: farm, timezone: America/Denver');
  for (const range of [[], thatDay]) {
    const refused = await exportJobs(...range);
    expect(refused.exit).toBe(2);
    expect(refused.stderr).toContain('earlier jobs of this cluster were sent in the times of UTC');
    expect(refused.stderr).toContain('hpc-collector jobs export --again');
  }
  expect(await site.bodies()).toHaveLength(1);
  expect(await exportJobs('--since', `${day}T00:00`, '--again')).toMatchObject({ exit: 0 });
  expect(await site.bodies()).toHaveLength(2);
  expect(await exportJobs()).toMatchObject({ exit: 0 });
});

test('delivers entries of an earlier export, even if there are no new jobs', async () => {
  await site.remove();
  site = newHistorySite(null);
  site.sacctPrints(jobsOf(day, 2));
  expect(await exportJobs(...thatDay)).toMatchObject({
    exit: 2,
    stderr: expect.stringContaining('set INGEST_API_URL'),
  });
  site.configure('env', `INGEST_API_URL=${api.url}\nINGEST_API_KEY=key\n`);
  const { exit, stderr } = await exportJobs(...thatDay);
  expect(stderr).toContain('✓ Posted farm jobs: jobs_processed=2');
  expect(stderr).toContain(', 0 new or changed;');
  expect(exit).toBe(0);
});

test('can be used alone: health and doctor then expect no system', async () => {
  site.configure('env', `INGEST_API_URL=${api.url}\nINGEST_API_KEY=key\n`);
  const toExport = { exit: 3, stdout: 'HPC-COLLECTOR UNKNOWN: no jobs were exported yet: hpc-collector jobs export\n' };
  expect(await site.run('health')).toMatchObject(toExport);
  site.sacctBegins('exit 1');
  await exportJobs();
  expect(await site.run('health')).toMatchObject(toExport);
  site.sacctBegins(null);
  site.sacctPrints(jobsOf(day, 1));
  await exportJobs();
  expect(await site.run('health')).toMatchObject({
    exit: 0,
    stdout: expect.stringMatching(/^HPC-COLLECTOR OK: nothing is overdue \| farm_exported_age=\d+s;172800;604800;0 /),
  });
  const { stdout } = await site.run('doctor');
  expect(stdout).toContain('pass  ingest sacct: answers here');
  expect(stdout).toContain('skip  systems: no system is enabled: only finished jobs are exported');
  expect(stdout).not.toContain('no address is configured');
  expect(stdout).toContain('Next: hpc-collector jobs export');
});
