/** The runs of requeued PBS jobs, from the log of a live server through `jobs export` to the database of `serve`. */

import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresAddress } from '../../src/config/postgres.ts';
import { clockTime } from '../../src/lib/time.ts';
import { withStore } from '../../src/server/store/open.ts';
import { overEngines } from '../server/helper.ts';
import { type HistorySite, newHistorySite } from '../support/history-site.ts';
import { capturedLog, readLog } from '../support/pbs-log.ts';
import { addressOf, sharedCluster } from '../support/postgres.ts';

/** The run of a job: its id, the suffix of an earlier run included, its state and its times. */
type Run = { readonly job_id: string; readonly state: string; readonly submit: string; readonly start: string | null };

/** The runs in the log, as `job_id` of the receiver names them. */
const trueRuns: Run[] = (await readLog(capturedLog)).runs
  .map(({ id, state, submitted, started }) => ({
    job_id: id,
    state,
    submit: shown(submitted),
    start: started === null ? null : shown(started),
  }))
  .sort((a, b) => (a.job_id < b.job_id ? -1 : 1));

function shown(seconds: number): string {
  return clockTime(new Date(seconds * 1000), 'UTC');
}

let site: HistorySite;
beforeEach(() => {
  site = newHistorySite(null);
});
afterEach(() => site.remove());

overEngines((engine) => {
  test('are separate jobs in the receiver, whether the export gives them ids of their own or not', async () => {
    const { name, location } = await newDatabase(engine);
    const added = await site.run('serve', 'key', 'add', 'export', '--all', '--database', name);
    const server = site.start(['serve', '--listen', '127.0.0.1:0', '--database', name]);
    const [, url = ''] = await server.said(/Listening on (\S+)/);
    site.configure('env', `INGEST_API_URL=${url}\nINGEST_API_KEY=${added.stdout.trim()}\n`);
    writeLog();

    // Twice without a suffix, then with one.
    for (const suffix of [false, false, true]) {
      useLog(suffix);
      const { exit } = await site.run('jobs', 'export', '--since', '2026-11-20', '--again');
      expect(exit).toBe(0);
      expect(await storedRuns(location)).toEqual(trueRuns);
    }
    const requeued = trueRuns.filter(({ job_id }) => /\/run\d+$/.test(job_id));
    expect(requeued.length).toBeGreaterThan(5);
  });
});

test('are sent once each, also if the export reads them again', async () => {
  writeLog();
  useLog(false);
  const sent = async () => {
    await site.run('jobs', 'export', '--since', '2026-11-20');
    return (await site.stored()).length;
  };
  expect([await sent(), await sent()]).toEqual([141, 141]);
});

async function newDatabase(
  engine: 'SQLite' | 'PostgreSQL',
): Promise<{ name: string; location: string | PostgresAddress }> {
  if (engine === 'SQLite') {
    const file = join(site.directory, 'receiver.db');
    return { name: file, location: file };
  }
  const cluster = await sharedCluster();
  const url = cluster.overTcp(/\/\/\/(\w+)/.exec(await cluster.makeDatabase())?.[1] ?? '');
  return { name: url, location: addressOf(url) };
}

function writeLog(): void {
  const log = join(site.directory, 'accounting');
  mkdirSync(log);
  for (const [index, file] of capturedLog.entries()) writeFileSync(join(log, `2026112${7 + index}`), file);
}

function useLog(hasSuffix: boolean): void {
  const log = join(site.directory, 'accounting');
  site.configureJobs(
    `source: pbs-accounting, cluster_name: casper, accounting_path: '${log}', run_suffix: ${hasSuffix}`,
  );
}

function storedRuns(location: string | PostgresAddress): Promise<Run[]> {
  const sql = "SELECT job_id, state, submit, start FROM jobs WHERE cluster = 'casper' ORDER BY job_id";
  return withStore(location, (store) => store.all<Run>(sql));
}
