/** When an export stores no more jobs, and what servers without jobs that never started get. */

import { afterEach, describe, expect, test } from 'bun:test';
import { rememberStartRequired } from '../../../src/delivery/start-required.ts';
import { exportHistory } from '../../../src/run/jobs/exporting.ts';
import { answer, type ScriptedServer, startScripted } from '../../delivery/helper.ts';
import { all, noise, put } from '../../outbox/queue.ts';
import { exited } from '../../support/executors.ts';
import { type HistoryApi, startHistoryApi } from '../../support/history-site.ts';
import { newPlace, type Place } from '../place.ts';
import { unattended } from '../unattended.ts';
import { day1, day2, jobOf, requestFor, slurm, thatEnded, unstartedJobOf, waiting } from './farm.ts';

let place: Place;
const servers: { stop(): unknown }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  place.remove();
});

/** Stops a server after the test. */
async function started<Server extends { stop(): unknown }>(server: Server | Promise<Server>): Promise<Server> {
  const its = await server;
  servers.push(its);
  return its;
}

const wrong = (): Promise<ScriptedServer> => started(startScripted(() => answer(404)));
const api = (options = {}): Promise<HistoryApi> => started(startHistoryApi(options));

/** A place whose jobs go to the destinations `ingest` and, if there is a second URL, `ours`. */
function toServers(url: string, ours: string | null = null, settings = ''): void {
  const second = ours === null ? '' : `, ours: { kind: ingest, url: '${ours}' }`;
  const to = ours === null ? '' : ', deliver_to: [ingest, ours]';
  place = newPlace(
    {
      'collector.yaml': `destinations: { ingest: { max_per_minute: 100000 }${second} }
jobs: { cluster_name: farm${to} }
${settings}`,
    },
    { INGEST_API_URL: url, INGEST_API_KEY: 'key', OURS_API_KEY: 'key' },
  );
}

async function exported(lines: string, options: Parameters<typeof requestFor>[2] = {}) {
  place.lines.length = 0;
  const code = await exportHistory(requestFor(place.context, slurm(lines), options), place.context);
  return [code, ...place.lines.filter((line) => !line.startsWith('DEBUG'))];
}

const stored = () => place.withOutbox((outbox) => all(outbox).filter(({ stream }) => stream === 'ingest/farm').length);
const refusal = (count: number, stream: string) =>
  `ERROR ✗ ${count} entries are pending, and no more jobs are read until they are delivered: run hpc-collector drain --stream ${stream}, then the same command again; it continues here`;

describe('while entries are pending', () => {
  test('199 do not stop an export, which delivers them after its first day', async () => {
    toServers((await wrong()).url);
    place.withOutbox((outbox) => waiting(outbox, 199));
    const [code, ...lines] = await exported(jobOf(day1, 1), { days: [day1] });
    expect([code, lines[1], lines.at(-1)]).toEqual([
      1,
      `INFO Stored 1 job ${thatEnded(day1)} in 1 entry`,
      'INFO ✓ 1 finished job of farm, 1 new or changed; 0.50 CPU-hours, 0.25 GPU-hours',
    ]);
    expect(stored()).toBe(200);
  });

  test('200 are delivered first, and if that fails, nothing is read', async () => {
    toServers((await wrong()).url);
    place.withOutbox((outbox) => waiting(outbox, 200));
    const [code, ...lines] = await exported(jobOf(day1, 1));
    expect([code, lines[2], ...lines.slice(-1)]).toEqual([
      1,
      'INFO Drain: 0 delivered, 0 rejected, 200 left',
      refusal(200, 'ingest/farm'),
    ]);
    expect(stored()).toBe(200);
  });

  test('200 that can be delivered do not stop it', async () => {
    toServers((await api()).url);
    place.withOutbox((outbox) => waiting(outbox, 200));
    const [code, ...lines] = await exported(jobOf(day1, 1), { days: [day1] });
    expect([code, lines.filter((line) => String(line).startsWith('INFO Drain'))]).toEqual([
      0,
      ['INFO Drain: 200 delivered, 0 rejected, 0 left', 'INFO Drain: 1 delivered, 0 rejected, 0 left'],
    ]);
  });

  test('of two destinations, the one with fewer entries counts', async () => {
    const [one, other] = [await wrong(), await wrong()];
    toServers(one.url, other.url);
    place.withOutbox((outbox) => waiting(outbox, 201));
    place.withOutbox((outbox) => waiting(outbox, 199, 'ours'));
    expect((await exported(jobOf(day1, 1), { days: [day1] }))[2]).toBe(
      `INFO Stored 1 job ${thatEnded(day1)} in 1 entry`,
    );
    expect((await exported(jobOf(day1, 1) + jobOf(day1, 2), { days: [day1] })).at(-1)).toBe(refusal(200, 'ours/farm'));
  });
});

describe('in an outbox that is almost full', () => {
  const noRoom = (mib: number) =>
    `ERROR ✗ the outbox has no room for ${mib} MiB of job history: deliver the pending entries with hpc-collector drain, or raise outbox.max_mib in collector.yaml; then run the same command again; it continues here`;

  function fill(count = 60): void {
    place.withOutbox((outbox) => {
      for (let n = 0; n < count; n += 1) put(outbox, { state: 'held', body: noise(80_000) });
    });
  }

  test.each([
    [70, null, 2],
    [60, null, 1],
    [40, 'http://127.0.0.1:9', 2],
  ])(
    '%i entries of jobs to their destinations (the second is %p) have no room: they need %i MiB',
    async (jobs, ours, mib) => {
      toServers('http://127.0.0.1:9', ours, 'outbox: { max_mib: 4 }\n');
      fill();
      const lines = Array.from({ length: jobs }, (_, n) => jobOf(day1, n + 1)).join('');
      const request = requestFor(place.context, slurm(lines), { days: [day1] });
      const asked = { ...request, jobs: { ...request.jobs, batch_jobs: 1 } };
      place.lines.length = 0;
      expect(await exportHistory(asked, place.context)).toBe(1);
      expect(place.lines.filter((line) => line.startsWith('ERROR'))).toEqual([noRoom(mib)]);
      expect(place.withOutbox((outbox) => all(outbox).length)).toBe(60);
    },
  );

  test('no new jobs need no room', async () => {
    toServers('http://127.0.0.1:9', null, 'outbox: { max_mib: 4 }\n');
    fill(80);
    expect(await exported('', { days: [day1] })).toEqual([
      0,
      `INFO Reading: jobs of farm ${thatEnded(day1)}`,
      'INFO ✓ 0 finished jobs of farm, 0 new or changed; 0.00 CPU-hours, 0.00 GPU-hours',
    ]);
  });
});

describe('a server that takes no job without a start', () => {
  const oneOfEach = jobOf(day1, 1) + unstartedJobOf(day1, 2) + unstartedJobOf(day2, 3);
  const sums = '✓ 3 finished jobs of farm, 3 new or changed';

  test('gets the others, and the number of those without is logged', async () => {
    const { url, taken } = await api({ requiresStart: true });
    toServers(url);
    expect((await exported(oneOfEach)).at(-1)).toBe(
      `INFO ${sums}, 2 jobs without a start left out; 0.50 CPU-hours, 0.25 GPU-hours`,
    );
    expect(taken).toEqual([['1'], []]);
    expect((await exported(jobOf(day1, 4), { days: [day1] })).at(-1)).toBe(
      'INFO ✓ 1 finished job of farm, 1 new or changed; 0.50 CPU-hours, 0.25 GPU-hours',
    );
    expect((await exported(jobOf(day1, 4) + unstartedJobOf(day1, 5), { days: [day1] })).at(-1)).toBe(
      'INFO ✓ 2 finished jobs of farm, 1 new or changed, 1 job without a start left out; 0.50 CPU-hours, 0.25 GPU-hours',
    );
  });

  test('is one that takes them, as long as it has refused none', async () => {
    toServers((await api()).url);
    expect((await exported(oneOfEach)).at(-1)).toBe(`INFO ${sums}; 0.50 CPU-hours, 0.25 GPU-hours`);
  });

  test('can be one of two', async () => {
    const [one, other] = [await api(), await api({ requiresStart: true })];
    toServers(one.url, other.url);
    expect((await exported(oneOfEach)).at(-1)).toContain(', 2 jobs without a start left out; ');
    expect([one.taken, other.taken]).toEqual([
      [['1', '2'], ['3']],
      [['1'], []],
    ]);
  });

  test('is asked once more if jobs are sent again, each of two', async () => {
    const both = [await api(), await api()];
    toServers(both[0]?.url ?? '', both[1]?.url ?? '');
    place.withOutbox((outbox) => {
      for (const { url } of both) rememberStartRequired(outbox, url);
    });
    expect((await exported(oneOfEach)).at(-1)).toContain(', 2 jobs without a start left out; ');
    expect((await exported(oneOfEach, { isAgain: true })).at(-1)).toBe(`INFO ${sums}; 0.50 CPU-hours, 0.25 GPU-hours`);
    expect(both.map(({ taken }) => taken.slice(2))).toEqual([
      [['1', '2'], ['3']],
      [['1', '2'], ['3']],
    ]);
  });
});

describe('an unattended export ends the stored errors', () => {
  const known = ['collect/jobs/farm', 'collect/jobs/of-no-name', 'collect/jobs/of-farm', 'collect/casper', 'deliver'];
  const run = (executor: ReturnType<typeof slurm>, cluster: string | null = null, subjects = known) =>
    unattended(place, subjects, (context) =>
      exportHistory(requestFor(place.context, executor, { days: [day1, day2], cluster }), context),
    );
  const failing = (day: string) =>
    slurm(jobOf(day1, 1), ({ argv }) =>
      argv.some(
        (word) => word.startsWith(`--starttime=${Date.parse(day) / 1000}`) || word.startsWith(`--starttime=${day}`),
      )
        ? { ending: exited(1, 'no slurmdbd') }
        : null,
    );

  test('of its cluster, of the name it has on the command line, and of deliveries', async () => {
    toServers((await api()).url);
    expect((await run(slurm(jobOf(day1, 1)))).stored).toEqual(['collect/jobs/of-farm', 'collect/casper']);
    expect((await run(slurm(jobOf(day1, 1)), 'farm')).stored).toEqual([
      'collect/jobs/of-no-name',
      'collect/casper',
      'deliver',
    ]);
  });

  test('but not of a name that cannot be found', async () => {
    place = newPlace({ 'collector.yaml': 'jobs: {}\n' });
    const { lines, stored } = await run(
      slurm('', ({ argv }) => (argv[0] === 'scontrol' ? { ending: exited(1) } : null)),
    );
    expect(lines).toEqual([expect.stringMatching(/^ERROR \[jobs\/of-no-name\] ✗ cannot determine the cluster name: /)]);
    expect(stored).toEqual(known);
  });

  test('and stores its own as those of the cluster, also after a delivery', async () => {
    toServers((await api()).url);
    const { lines, stored } = await run(failing(day2), null, []);
    expect(lines).toEqual([
      expect.stringMatching(
        new RegExp(`^ERROR \\[jobs/farm\\] ✗ no jobs ${thatEnded(day2)} are stored: sacct exited with 1`),
      ),
    ]);
    expect(stored).toEqual(['collect/jobs/farm']);
  });
});
