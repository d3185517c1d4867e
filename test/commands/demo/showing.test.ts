/** What `demo` sends to its receiver and reads there, and the lines that it shows. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { exportRecordedJobs, usageLines } from '../../../src/commands/demo/job-history.ts';
import {
  hubRequest,
  madeDay,
  madeHubDay,
  madeOutages,
  snapshotRequest,
  withReservationsFrom,
} from '../../../src/commands/demo/made-history.ts';
import { madeJobs } from '../../../src/commands/demo/made-jobs.ts';
import { madeSamples } from '../../../src/commands/demo/made-samples.ts';
import { demoRecordings } from '../../../src/commands/demo/recordings.ts';
import { answerOf, fillReceiver, keepFresh } from '../../../src/commands/demo/showing.ts';
import * as replay from '../../../src/exec/replay.ts';
import { openContext } from '../../../src/run/context.ts';
import * as exporting from '../../../src/run/jobs/exporting.ts';
import { quickDirectory } from '../../support/files.ts';
import { until } from '../../support/until.ts';

const now = Date.parse('2026-11-28T12:00:00Z');
const hour = 3_600_000;
const row = { running_jobs: 10, pending_jobs: 6, cores_allocated: 100, gpus_allocated: 1, nodes_allocated: 2 };
const snapshot = {
  ...{ running_jobs: 40, pending_jobs: 30, cpu_cores_total: 1000, cpu_cores_allocated: 400, cpu_cores_idle: 500 },
  ...{ gpu_count_total: 10, gpu_count_allocated: 4, gpu_count_idle: 1, queues: [row], user_project_queues: [row] },
  reservations: [
    { name: 'b', start_time: '2026-11-01T02:00:00', end_time: '2026-11-01T05:00:00' },
    { name: 'a', start_time: '2026-11-01T00:30:00', end_time: '2026-11-01T01:00:00' },
  ],
};

type Asked = { readonly method: string; readonly path: string; readonly headers: Headers; readonly body: unknown };

/** A receiver that keeps what it is asked, and gives these answers by path. */
function fakeReceiver(answers: Readonly<Record<string, unknown>>) {
  const asked: Asked[] = [];
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      const text = await request.text();
      const body: unknown = text === '' ? null : JSON.parse(text);
      asked.push({ method: request.method, path: pathname, headers: request.headers, body });
      const answer = answers[pathname] ?? (request.method === 'POST' ? {} : undefined);
      return answer instanceof Response
        ? answer
        : Response.json(answer ?? { detail: 'no' }, { status: answer ? 200 : 404 });
    },
  });
  const url = `http://127.0.0.1:${server.port}`;
  return { asked, server, receiver: { url, login: 'Basic abc', key: 'the-key', samplesKey: 'of-samples' } };
}

let fake: ReturnType<typeof fakeReceiver>;
let clock: { mockRestore(): void };
beforeEach(() => {
  fake = fakeReceiver({
    '/api/v1/status/derecho/latest': snapshot,
    '/api/v1/status/casper/latest': snapshot,
    '/api/v1/status/other/latest': snapshot,
  });
  clock = spyOn(Date, 'now').mockReturnValue(now);
});
afterEach(async () => {
  clock.mockRestore();
  await fake.server.stop(true);
});

const moved = withReservationsFrom(snapshot, now - 2 * hour);

test('reservations move together, so that the first begins at the given time', () => {
  expect(moved).toEqual({
    ...snapshot,
    reservations: [
      { name: 'b', start_time: '2026-11-28T11:30:00.000', end_time: '2026-11-28T14:30:00.000' },
      { name: 'a', start_time: '2026-11-28T10:00:00.000', end_time: '2026-11-28T10:30:00.000' },
    ],
  });
});

test('the receiver is filled with days, outages, jobs and samples, each with its login', async () => {
  await fillReceiver(fake.receiver, ['derecho', 'casper', 'other']);
  const posted = fake.asked.filter(({ method }) => method === 'POST');
  const jobs = madeJobs(now);
  const samples = madeSamples(jobs);
  const expected = [
    ...madeDay('derecho', moved, { share: 0.35, zero: now }, now),
    ...madeDay('casper', moved, { share: 0.25, zero: now }, now),
    ...madeDay('other', moved, { share: 0, zero: now }, now),
    ...madeHubDay('jupyterhub', now),
    ...madeOutages(now),
    { path: '/api/data/ingest', body: { hostname: 'derecho', jobs } },
    ...samples,
  ];
  expect(posted.map(({ path }) => path)).toEqual(expected.map(({ path }) => path));
  expect(posted.map(({ body }) => body)).toEqual(expected.map(({ body }) => JSON.parse(JSON.stringify(body))));
  const shown = posted.map(({ headers }) =>
    ['authorization', 'x-api-key', 'x-collection-failed', 'content-type'].map((name) => headers.get(name)),
  );
  expect(shown).toEqual(
    expected.map((request) => {
      const failed = 'headers' in request ? (request.headers?.['X-Collection-Failed'] ?? null) : null;
      if (request.path === '/api/data/ingest') return [null, 'the-key', null, 'application/json'];
      const key = samples.some(({ path }) => path === request.path) ? 'of-samples' : null;
      return ['Basic abc', key, failed, 'application/json'];
    }),
  );
});

describe('the receiver', () => {
  test('gets new snapshots every four minutes, until the end', async () => {
    let refresh = () => {};
    const timer = spyOn(globalThis, 'setInterval').mockImplementation(((work: () => void, ms: number) => {
      expect(ms).toBe(240_000);
      refresh = work;
      return 7;
    }) as unknown as typeof setInterval);
    const cleared = spyOn(globalThis, 'clearInterval').mockImplementation(() => {});
    const end = new AbortController();
    const failures: unknown[] = [];
    try {
      await keepFresh(fake.receiver, ['derecho', 'casper'], end.signal, (error) => failures.push(error));
      fake.asked.length = 0;
      const later = now + 6 * hour;
      spyOn(Date, 'now').mockReturnValue(later);
      refresh();
      await until(() => fake.asked.length === 3, 'three snapshots are sent');
      expect(fake.asked.map(({ path, body }) => ({ path, body }))).toEqual([
        snapshotRequest('derecho', snapshot, later, { share: 0.35, zero: now }),
        snapshotRequest('casper', snapshot, later, { share: 0.25, zero: now }),
        hubRequest('jupyterhub', later),
      ]);
      expect(cleared).not.toHaveBeenCalled();
      end.abort();
      expect(cleared).toHaveBeenCalledWith(7);
      await fake.server.stop(true);
      refresh();
      await until(() => failures.length === 1, 'the failure is reported');
      expect(String(failures[0])).toContain('The receiver of the demonstration refused /api/v1/status/derecho: ');
    } finally {
      timer.mockRestore();
      cleared.mockRestore();
    }
  });

  test('that refuses a request is an error with its answer', async () => {
    await expect(answerOf(fake.receiver, '/nothing')).rejects.toThrow(
      /^The receiver of the demonstration refused \/nothing: HTTP 404: \{"detail":"no"\}$/,
    );
    await fake.server.stop(true);
    fake = fakeReceiver({ '/long': new Response('x'.repeat(201), { status: 300 }) });
    await expect(answerOf(fake.receiver, '/long')).rejects.toThrow(new RegExp(`: HTTP 300: ${'x'.repeat(200)}$`));
  });
});

describe('the job history', () => {
  test('is read from the recordings, each cluster in its time', async () => {
    const directory = quickDirectory();
    const executor = { async run() {} };
    const replayed = spyOn(replay, 'replayFrom').mockReturnValue(executor as never);
    const exported = spyOn(exporting, 'exportHistory').mockResolvedValue(0);
    const context = openContext({}, { XDG_CONFIG_HOME: directory.path, XDG_STATE_HOME: directory.path });
    await exportRecordedJobs('/recordings', context);
    expect(replayed.mock.calls).toEqual([['/recordings/jobs']]);
    const range = (since: string, until: string) => ({ since: new Date(since), until: new Date(until) });
    expect(exported.mock.calls.map(([request]) => request)).toEqual([
      {
        cluster: 'pbs-cluster',
        jobs: expect.objectContaining({
          cluster_name: 'pbs-cluster',
          source: 'pbs-accounting',
          accounting_path: '/accounting',
        }),
        range: range('2026-11-27T00:00Z', '2026-11-29T00:00Z'),
        now: new Date('2026-11-29T00:00Z'),
        isAgain: false,
        executor: executor as never,
      },
      {
        cluster: 'slurm-cluster',
        jobs: expect.objectContaining({ cluster_name: 'slurm-cluster' }),
        range: range('2026-11-24T08:00Z', '2026-11-24T08:30Z'),
        now: new Date('2026-11-24T08:30Z'),
        isAgain: false,
        executor: executor as never,
      },
    ]);
    expect(exported.mock.calls.every(([, given]) => given === context)).toBe(true);
    exported.mockRestore();
    replayed.mockRestore();
    directory.remove();
  });

  test('is summed up in a line for each cluster', async () => {
    await fake.server.stop(true);
    const usage = (jobs: number, hours: number) => ({
      total_jobs: jobs,
      total_users: 2,
      total_cpu_hours: hours,
      total_gpu_hours: 0,
    });
    fake = fakeReceiver({
      '/api/dashboard/stats/pbs-cluster': usage(141, 3.386),
      '/api/dashboard/stats/slurm-cluster': usage(36, 12),
    });
    expect(await usageLines(fake.receiver)).toEqual([
      'pbs-cluster    141 jobs of 2 users, 3.39 CPU-hours, 0.00 GPU-hours (PBS, accounting log)',
      'slurm-cluster  36 jobs of 2 users, 12.00 CPU-hours, 0.00 GPU-hours (Slurm, sacct)',
    ]);
  });
});

test('the recordings have every file that they name', () => {
  const fixtures = join(import.meta.dir, '../../../fixtures');
  expect(Object.keys(demoRecordings)).toEqual(['jobs', 'casper', 'derecho']);
  for (const [system, files] of Object.entries(demoRecordings)) {
    const recording = parse(
      readFileSync(join(fixtures, system === 'jobs' ? 'demo-jobs' : system, 'recording.yaml'), 'utf8'),
    ) as { commands: Readonly<Record<string, unknown>>[] };
    const named = recording.commands
      .flatMap(({ stdout, stderr }) => [stdout, stderr])
      .filter((name) => name !== undefined);
    expect(Object.keys(files).sort()).toEqual([...new Set([...named.map(String), 'recording.yaml'])].sort());
    for (const [name, file] of Object.entries(files)) expect(basename(String(file))).toBe(name);
    if (system !== 'jobs')
      for (const file of Object.values(files)) expect(String(file)).toContain(`/fixtures/${system}/`);
  }
});
