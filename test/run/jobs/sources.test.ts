/** The source of the finished jobs that a configuration means. */

import { afterEach, beforeEach, describe, expect, spyOn, test } from 'bun:test';
import type { Command } from '../../../src/exec/command.ts';
import * as logs from '../../../src/history/log-source.ts';
import * as checks from '../../../src/history/qstat-check.ts';
import * as qstat from '../../../src/history/qstat-source.ts';
import * as sacct from '../../../src/history/sacct-source.ts';
import { logDamage, sourceOf } from '../../../src/run/jobs/export-request.ts';
import { answering } from '../../support/executors.ts';
import { memoryLog } from '../../support/memory-log.ts';
import { newPlace, type Place } from '../place.ts';
import { requestFor } from './farm.ts';

let place: Place;
let asked: Command[];
const spies: { mockRestore(): void }[] = [];
let made: {
  readonly sacct: ReturnType<typeof spyOn<typeof sacct, 'sacctSource'>>;
  readonly logs: ReturnType<typeof spyOn<typeof logs, 'logSource'>>;
  readonly qstat: ReturnType<typeof spyOn<typeof qstat, 'qstatSource'>>;
};
beforeEach(() => {
  asked = [];
  made = { sacct: spyOn(sacct, 'sacctSource'), logs: spyOn(logs, 'logSource'), qstat: spyOn(qstat, 'qstatSource') };
  spies.push(...Object.values(made));
});
afterEach(() => {
  for (const spy of spies.splice(0)) spy.mockRestore();
  place.remove();
});

/** Makes the source of these settings of `jobs:`, with the version and the name that Slurm gives. */
async function source(jobs: string, { version = '22.05.8', cluster = null as string | null, more = '' } = {}) {
  place = newPlace({ 'collector.yaml': `${more}\njobs: { ${jobs} }\n` });
  const executor = answering((command) => {
    asked.push(command);
    const isVersion = command.argv.includes('--version');
    return { stdout: isVersion ? `slurm-wlm ${version}\n` : 'ClusterName = of-slurm\n' };
  });
  return sourceOf(requestFor(place.context, executor, { cluster }), place.context);
}

const shared = {
  cluster: 'farm',
  executor: expect.anything(),
  host: null,
  timeoutSeconds: 300,
  timeZone: 'UTC',
  limits: { maxJobs: 1000, maxBytes: 1024 ** 2 },
  windowDays: 7,
};
const settings = 'cluster_name: farm, host: login1, timeout: 5, timezone: Europe/Berlin, batch_jobs: 9, window_days: 3';
const set = { host: 'login1', timeoutSeconds: 5, timeZone: 'Europe/Berlin', windowDays: 3 };

describe('sacct', () => {
  test('has the usual settings, or the configured ones', async () => {
    expect((await source('cluster_name: farm')).cluster).toBe('farm');
    expect(made.sacct.mock.calls).toEqual([[{ ...shared, hasRunSuffix: false }]]);
    place.remove();
    await source(`${settings}, run_suffix: true`);
    expect(made.sacct.mock.calls[1]).toMatchObject([{ ...set, limits: { maxJobs: 9 }, hasRunSuffix: true }]);
  });

  test('must not be too old, on its host', async () => {
    const message = await source(settings, { version: '16.05.1' }).catch((error: Error) => error.message);
    expect(message).toStartWith('sacct on login1: ');
    expect(asked.map(({ argv, host }) => [argv[0], host])).toEqual([['sacct', 'login1']]);
  });
});

describe('the name of the cluster', () => {
  test.each([
    ['of the command line', 'cluster_name: farm', 'meadow', 'meadow'],
    ['of the configuration', 'cluster_name: farm', null, 'farm'],
    ['that Slurm gives on its host', 'host: login1', null, 'of-slurm'],
  ])('is that %s', async (_, jobs, cluster, name) => {
    expect((await source(jobs, { cluster })).cluster).toBe(name);
    expect(asked.slice(1).map(({ argv, host }) => [argv[0], host])).toEqual(
      name === 'of-slurm' ? [['scontrol', 'login1']] : [],
    );
  });
});

test('a body is as large as the destination with the smallest limit takes', async () => {
  const more = `destinations: { ingest: { max_body_bytes: 5000 }, a: { kind: ingest, url: https://a.example.org, max_body_bytes: 4000 }, b: { kind: ingest, url: https://b.example.org, max_body_bytes: 3000 } }`;
  await source('cluster_name: farm, deliver_to: [ingest, a]', { more });
  expect(made.sacct.mock.calls[0]?.[0].limits).toEqual({ maxJobs: 1000, maxBytes: 4000 });
});

describe('the accounting log of PBS', () => {
  const pbs = 'source: pbs-accounting, cluster_name: farm';
  const options = () => made.logs.mock.calls.at(-1)?.[0];

  test('has the usual settings, or the configured ones, and needs no Slurm', async () => {
    await source(pbs);
    const path = '/var/spool/pbs/server_priv/accounting';
    const runs = { exclusive: 'held', hasRunSuffix: true } as const;
    expect(options()).toEqual({ ...shared, path, runs, check: expect.anything() });
    place.remove();
    const more = 'accounting_path: /pbs/log, exclusive: requested, run_suffix: false';
    await source(`source: pbs-accounting, ${settings}, ${more}`);
    expect(options()).toMatchObject({
      ...set,
      path: '/pbs/log',
      runs: { exclusive: 'requested', hasRunSuffix: false },
    });
    expect(asked).toEqual([]);
  });

  test('is checked with qstat on demand', async () => {
    const checked = spyOn(checks, 'checkWithQstat').mockResolvedValue(checks.noCheck);
    spies.push(checked);
    await source(pbs);
    expect(await options()?.check()).toBe(checks.noCheck);
    expect(checked).not.toHaveBeenCalled();
    place.remove();
    await source(`${pbs}, check_with_qstat: true`);
    await options()?.check();
    expect(checked.mock.calls).toEqual([[shared]]);
  });
});

test('qstat needs no Slurm', async () => {
  await source('source: qstat, cluster_name: farm');
  expect([made.qstat.mock.calls, asked]).toEqual([[[shared]], []]);
});

test('each doubtful value is a warning, and each unreadable record an error', () => {
  place = newPlace();
  const { log, lines } = memoryLog();
  logDamage({ rows: 0, jobs: 0, damaged: 0, errors: ['a', 'b'], warnings: ['c', 'd'] }, log);
  expect(lines).toEqual(['WARN c', 'WARN d', 'ERROR ✗ a', 'ERROR ✗ b']);
});
