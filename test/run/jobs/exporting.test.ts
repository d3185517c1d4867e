/** What an export of finished jobs reads, stores, delivers and logs. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { historyLockFile } from '../../../src/history/files.ts';
import { writeProgress } from '../../../src/history/progress.ts';
import * as status from '../../../src/lib/status-line.ts';
import { drainLockFile } from '../../../src/outbox/files.ts';
import { tryLock } from '../../../src/outbox/lock.ts';
import { OutboxUnwritable } from '../../../src/outbox/unwritable.ts';
import { exportHistory } from '../../../src/run/jobs/exporting.ts';
import type { ErrorChanges } from '../../../src/run/ongoing-errors.ts';
import { exited } from '../../support/executors.ts';
import { type HistoryApi, startHistoryApi } from '../../support/history-site.ts';
import { newPlace, type Place, untilStopped, whileStopped } from '../place.ts';
import { day1, day2, day3, jobOf, midnight, requestFor, slurm, thatEnded, waiting } from './farm.ts';

let place: Place;
let api: HistoryApi | null = null;
const spies: { mockRestore(): void }[] = [];
afterEach(async () => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  await api?.stop();
  api = null;
  place.remove();
});

/** A place whose finished jobs go to an API, or have no address for null. */
function toApi(its: HistoryApi | null, settings = 'cluster_name: farm', environment = {}): void {
  api = its;
  const address = its === null ? {} : { INGEST_API_URL: its.url, INGEST_API_KEY: 'key' };
  place = newPlace({ 'collector.yaml': `jobs: { ${settings} }\n` }, { ...address, ...environment });
}

type Options = Parameters<typeof requestFor>[2] & {
  readonly changes?: ErrorChanges;
  readonly hanging?: OutboxUnwritable;
};

/** Exports the jobs that a Slurm prints. Returns the exit code and the new lines of the log. */
async function exported(from: string | ReturnType<typeof slurm>, { changes, hanging, ...options }: Options = {}) {
  const executor = typeof from === 'string' ? slurm(from) : from;
  place.lines.length = 0;
  const context = { ...place.context, changes: changes ?? null, hanging: hanging ?? null };
  const code = await exportHistory(requestFor(place.context, executor, options), context);
  const lines = place.lines.map((line) => line.replace(/delivered \S+ .*/, 'delivered'));
  return [code, ...lines];
}

const threeJobs = jobOf(day1, 1) + jobOf(day1, 2) + jobOf(day2, 3);
const delivered = expect.stringMatching(/^INFO ✓ /);

describe('an export', () => {
  beforeEach(() => toApi(startHistoryApi()));

  test('reads, stores and delivers one day after the other, and sums them up', async () => {
    expect(await exported(threeJobs)).toEqual([
      0,
      `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`,
      `INFO Stored 2 jobs ${thatEnded(day1)} in 1 entry`,
      `DEBUG ${thatEnded(day1).slice(11)}: 2 jobs, 2 new or changed`,
      'INFO ✓ Posted farm jobs: jobs_processed=2',
      'INFO Drain: 1 delivered, 0 rejected, 0 left',
      `INFO Stored 1 job ${thatEnded(day2)} in 1 entry`,
      `DEBUG ${thatEnded(day2).slice(11)}: 1 job, 1 new or changed`,
      'INFO ✓ Posted farm jobs: jobs_processed=1',
      'INFO Drain: 1 delivered, 0 rejected, 0 left',
      'INFO ✓ 3 finished jobs of farm, 3 new or changed; 1.50 CPU-hours, 0.75 GPU-hours',
    ]);
    expect(api?.taken).toEqual([['1', '2'], ['3']]);
    expect(await exported(threeJobs + jobOf(day2, 4))).toEqual([
      0,
      `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`,
      `DEBUG ${thatEnded(day1).slice(11)}: 2 jobs, 0 new or changed`,
      `INFO Stored 1 job ${thatEnded(day2)} in 1 entry`,
      `DEBUG ${thatEnded(day2).slice(11)}: 2 jobs, 1 new or changed`,
      'INFO ✓ Posted farm jobs: jobs_processed=1',
      'INFO Drain: 1 delivered, 0 rejected, 0 left',
      'INFO ✓ 4 finished jobs of farm, 1 new or changed; 2.00 CPU-hours, 1.00 GPU-hours',
    ]);
  });

  test('sends all jobs again on demand', async () => {
    await exported(threeJobs);
    expect((await exported(threeJobs, { isAgain: true })).at(-1)).toBe(
      'INFO ✓ 3 finished jobs of farm, 3 new or changed; 1.50 CPU-hours, 0.75 GPU-hours',
    );
    expect(api?.taken).toEqual([['1', '2'], ['3'], ['1', '2'], ['3']]);
  });

  test('stores as many jobs in one entry as the configuration says', async () => {
    await api?.stop();
    place.remove();
    toApi(startHistoryApi(), 'cluster_name: farm, batch_jobs: 1');
    expect(await exported(threeJobs)).toContain(`INFO Stored 2 jobs ${thatEnded(day1)} in 2 entries`);
    expect(api?.taken).toEqual([['1'], ['2'], ['3']]);
  });

  test('delivers entries of an earlier export once, if there are no new jobs', async () => {
    place.withOutbox((outbox) => waiting(outbox, 1));
    expect((await exported('')).slice(2)).toEqual([
      `DEBUG ${thatEnded(day1).slice(11)}: 0 jobs, 0 new or changed`,
      `DEBUG ${thatEnded(day2).slice(11)}: 0 jobs, 0 new or changed`,
      'INFO ✓ Posted farm jobs: jobs_processed=1',
      'INFO Drain: 1 delivered, 0 rejected, 0 left',
      'INFO ✓ 0 finished jobs of farm, 0 new or changed; 0.00 CPU-hours, 0.00 GPU-hours',
    ]);
  });

  test('leaves entries that rest after a failure', async () => {
    place.withOutbox((outbox) => {
      waiting(outbox, 1);
      outbox.database.run('UPDATE entries SET attempts = 4, next_attempt_at = ?', [Date.now() + 600_000]);
    });
    expect(await exported('', { days: [day1] })).toContain('INFO Drain: 0 delivered, 0 rejected, 1 left');
    expect(api?.taken).toEqual([]);
  });

  test('goes on where an earlier one of the same range stopped', async () => {
    const backfill = { since: midnight(day1), until: midnight(day3), done: midnight(day2) };
    place.withOutbox((outbox) => writeProgress(outbox, 'farm', { readUntil: null, backfill }));
    expect((await exported(threeJobs)).slice(0, 3)).toEqual([
      0,
      `INFO Continuing: jobs of farm that ended ${day2} 00:00:00 to ${day3} 00:00:00 UTC`,
      `INFO Stored 1 job ${thatEnded(day2)} in 1 entry`,
    ]);
  });

  test('without anything to read says so, and delivers nothing', async () => {
    place.withOutbox((outbox) => waiting(outbox, 1));
    expect(await exported(threeJobs, { days: [day1, '2020-01-01'] })).toEqual([
      0,
      'INFO Nothing to read: all jobs that ended before 2020-01-02T00:00:00 were read before',
    ]);
    expect(api?.taken).toEqual([]);
  });

  test('leaves out a record that cannot be read, names doubtful ones, and ends with 1', async () => {
    const [code, , ...lines] = await exported(`${jobOf(day1, 1, { ElapsedRaw: '901' })}9\u001fshort\n`, {
      days: [day1],
    });
    expect([code, ...lines]).toEqual([
      1,
      expect.stringMatching(/^INFO Stored 1 job /),
      expect.stringMatching(/^WARN 1 job with impossible values: 1 at byte 0 its ElapsedRaw is 901 s/),
      expect.stringMatching(/^ERROR ✗ 1 record of sacct cannot be read and is left out: something at byte \d+ has 2/),
      `DEBUG ${thatEnded(day1).slice(11)}: 1 job, 1 new or changed`,
      delivered,
      'INFO Drain: 1 delivered, 0 rejected, 0 left',
      'INFO ✓ 1 finished job of farm, 1 new or changed; 0.50 CPU-hours, 0.25 GPU-hours',
    ]);
  });

  test('stops with the first day that cannot be read, of which nothing is stored', async () => {
    let asked = 0;
    const failing = slurm(threeJobs, ({ argv }) => {
      asked += argv.includes('scontrol') ? 0 : 1;
      return asked === 2 ? { stdout: threeJobs, ending: exited(1, 'no slurmdbd') } : null;
    });
    const [code, ...lines] = await exported(failing);
    expect([code, lines.at(-2)]).toEqual([
      1,
      expect.stringMatching(new RegExp(`^ERROR ✗ no jobs ${thatEnded(day2)} are stored: sacct .*no slurmdbd`)),
    ]);
    expect(api?.taken).toEqual([['1', '2']]);
  });

  test('is one at a time for a cluster', async () => {
    const lock = tryLock(historyLockFile(place.file, 'farm'));
    expect(await exported(threeJobs)).toEqual([75, 'INFO Another export of farm is running']);
    expect((await exported(threeJobs, { cluster: 'meadow' }))[0]).toBe(0);
    lock?.release();
    expect((await exported(threeJobs))[0]).toBe(0);
  });

  test('leaves the delivery to another drain, and succeeds', async () => {
    const lock = tryLock(drainLockFile(place.file));
    expect(await exported(threeJobs, { days: [day1] })).toEqual([
      0,
      `INFO Reading: jobs of farm ${thatEnded(day1)}`,
      `INFO Stored 2 jobs ${thatEnded(day1)} in 1 entry`,
      `DEBUG ${thatEnded(day1).slice(11)}: 2 jobs, 2 new or changed`,
      'INFO Another drain is running',
      'INFO ✓ 2 finished jobs of farm, 2 new or changed; 1.00 CPU-hours, 0.50 GPU-hours',
    ]);
    lock?.release();
  });

  test('touches no file while the directory of the outbox does not answer', async () => {
    const hanging = new OutboxUnwritable('it hangs', 'wait', null);
    expect(await exported(threeJobs, { hanging }).catch((error: unknown) => error)).toBe(hanging);
    expect(await Bun.file(historyLockFile(place.file, 'farm')).exists()).toBe(false);
  });

  test('removes its line from the terminal if a day cannot be read', async () => {
    const show = spyOn(status, 'showStatus').mockImplementation(() => {});
    spies.push(show, spyOn(status, 'canShowStatus').mockReturnValue(true));
    await exported(slurm(threeJobs, () => ({ stdout: threeJobs, ending: exited(1) })));
    expect(show.mock.calls.map(([text]) => text.slice(0, 15))).toEqual([`${day1}, day`, '']);
  });

  test('that is interrupted stores nothing of the day that it reads, and begins no other', async () => {
    const interrupted = await untilStopped((stop) =>
      exported(
        slurm('', () => {
          stop();
          return { stdout: threeJobs, ending: exited(143) };
        }),
      ),
    );
    expect(interrupted.slice(0, 3)).toEqual([
      1,
      `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`,
      `ERROR ✗ no jobs ${thatEnded(day1)} are stored: interrupted; the next export continues here`,
    ]);
    expect((await whileStopped(() => exported(threeJobs))).slice(0, 3)).toEqual([
      1,
      `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`,
      'ERROR ✗ interrupted; the next export continues here',
    ]);
    expect(api?.taken).toEqual([]);
  });

  test('refuses a file that is no outbox, and leaves no lock beside it', async () => {
    await Bun.write(place.file, 'a letter\n'.repeat(1000));
    expect(await exported(threeJobs).catch((error: Error) => error.message)).toContain('is not an outbox');
    expect(await Bun.file(historyLockFile(place.file, 'farm')).exists()).toBe(false);
  });

  test('shows on a terminal the day, its lines and the stored jobs of earlier days', async () => {
    const show = spyOn(status, 'showStatus').mockImplementation(() => {});
    let now = 0;
    // Each look at the clock is a second after the last.
    const clock = spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    spies.push(show, clock, spyOn(status, 'canShowStatus').mockReturnValue(true));
    await exported(threeJobs);
    const shown = show.mock.calls.map(([text]) => text.replace(/, \S+ to go$/, '')).filter((text) => /day/.test(text));
    expect(shown).toEqual([
      `${day1}, day 1 of 2: 3 lines; 0 jobs stored`,
      `${day2}, day 2 of 2: 3 lines; 2 jobs stored`,
    ]);
    const each = show.mock.calls.map(([text]) => /^\S+(, day|$)/.exec(text)?.[0] ?? text);
    expect(each.at(-1)).toBe('');
    expect(each[each.indexOf(`${day1}, day`) + 1]).toBe('');
  });
});

test('a cluster without a name is an error, and no export', async () => {
  toApi(null, 'timeout: 5');
  const unknown = slurm('', ({ argv }) => (argv.includes('scontrol') ? { stdout: 'SlurmctldPort = 6817\n' } : null));
  expect(await exported(unknown)).toEqual([
    2,
    'ERROR ✗ cannot determine the cluster name: scontrol show config prints no ClusterName: set jobs.cluster_name in collector.yaml, or pass --cluster-name',
    expect.stringMatching(/^DEBUG OperatorError: /),
  ]);
});

test('jobs without a configured address are stored, which is reported once', async () => {
  toApi(null);
  expect(await exported(threeJobs)).toEqual([
    2,
    `INFO Reading: jobs of farm that ended ${day1} 00:00:00 to ${day3} 00:00:00 UTC`,
    `INFO Stored 2 jobs ${thatEnded(day1)} in 1 entry`,
    `DEBUG ${thatEnded(day1).slice(11)}: 2 jobs, 2 new or changed`,
    `ERROR ✗ the stored jobs stay pending: the usage-history API's address is not configured: set INGEST_API_URL in the environment or in ${place.path}/env`,
    `INFO Stored 1 job ${thatEnded(day2)} in 1 entry`,
    `DEBUG ${thatEnded(day2).slice(11)}: 1 job, 1 new or changed`,
    'INFO ✓ 3 finished jobs of farm, 3 new or changed; 1.50 CPU-hours, 0.75 GPU-hours',
  ]);
});
