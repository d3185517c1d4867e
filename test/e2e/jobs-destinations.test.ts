/** Finished jobs that go to two usage-history APIs. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { type HistoryApi, type HistorySite, newHistorySite, startHistoryApi } from '../support/history-site.ts';
import { sacctLine, seconds } from '../support/sacct.ts';

const secret = 'the-key-of-ours';
const day = new Date(Date.now() - 4 * 86_400_000).toISOString().slice(0, 10);

let theirs: HistoryApi;
let ours: HistoryApi;
let site: HistorySite;
beforeEach(() => {
  theirs = startHistoryApi();
  ours = startHistoryApi({ requiresStart: true });
  site = newHistorySite(theirs.url);
  const env = ['INGEST_API_KEY=the-key-of-theirs', `INGEST_API_URL=${theirs.url}`, `OUR_JOBS_API_KEY=${secret}`];
  site.configure('env', `${env.join('\n')}\n`);
  site.configure(
    'collector.yaml',
    `destinations: { our-jobs: { kind: ingest, url: '${ours.url}' } }
jobs: { deliver_to: [ingest, our-jobs], cluster_name: farm, search_path: ['${site.programs}', /usr/bin, /bin] }
`,
  );
  const jobs = [1, 2].map((n) => {
    const end = Number(seconds(`${day}T00:00:00Z`)) + n;
    const start = n === 2 ? 'Unknown' : String(end - 60);
    return sacctLine({
      Submit: String(end - 100),
      Start: start,
      End: String(end),
      JobIDRaw: String(n),
      ElapsedRaw: '60',
    });
  });
  site.sacctPrints(jobs.join(''));
});
afterEach(async () => {
  await site.remove();
  await Promise.all([theirs.stop(), ours.stop()]);
});

const exportJobs = (...flags: string[]) =>
  site.run('jobs', 'export', '--start-date', day, '--end-date', day, '-v', ...flags);

test('each destination gets every job once, by its own rules', async () => {
  expect(await exportJobs()).toMatchObject({ exit: 0 });
  expect((await site.entries()).map(({ stream }) => stream).sort()).toEqual(['ingest/farm', 'our-jobs/farm']);
  expect(theirs.taken).toEqual([['1', '2']]);
  // This one refuses jobs that never started.
  expect([ours.refused, ours.taken]).toEqual([[['1', '2']], [['1']]]);
  expect((await exportJobs()).stderr).toContain('2 finished jobs of farm, 0 new or changed');
  expect([theirs.taken.length, ours.taken.length]).toEqual([1, 1]);
  expect(site.everything().split(secret)).toHaveLength(2);
});

test('an unavailable destination gets its jobs later, and the other gets none twice', async () => {
  await ours.stop();
  const { port } = new URL(ours.url);
  expect(await exportJobs()).toMatchObject({ exit: 1, stderr: expect.stringContaining('farm jobs to our-jobs waits') });
  expect(theirs.taken).toEqual([['1', '2']]);
  expect((await site.entries('pending')).map(({ stream }) => stream)).toEqual(['our-jobs/farm']);
  ours = startHistoryApi({ port: Number(port) });
  expect(await site.run('drain', '--now')).toMatchObject({ exit: 0 });
  expect([theirs.taken, ours.taken]).toEqual([[['1', '2']], [['1', '2']]]);
});

test('doctor checks each with its own key', async () => {
  const { stdout } = await site.run('doctor', '--json');
  const findings = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const logins = findings.filter(({ name }) => String(name).endsWith('authentication'));
  expect(logins).toMatchObject([
    { name: 'ingest authentication', result: 'pass', message: 'the key in INGEST_API_KEY is accepted' },
    { name: 'our-jobs authentication', result: 'pass', message: 'the key in OUR_JOBS_API_KEY is accepted' },
  ]);
});
