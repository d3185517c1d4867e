/** A million finished jobs, most of them of one day. */

import { Database } from 'bun:sqlite';
import { expect } from 'bun:test';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { drainLockFile } from '../../src/outbox/files.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { writeAccountingLog } from '../bench/accounting-log.ts';
import { measure } from '../bench/measure.ts';
import { writeSacct } from '../bench/sacct.ts';
import { newHistorySite } from '../support/history-site.ts';
import { needs } from '../support/needs.ts';
import { binary } from '../support/site.ts';

/** What was sent is remembered for a year: that is part of what is measured. */
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);

needs('python3')(
  'a million jobs are exported in less than 150 MiB',
  async () => {
    const site = newHistorySite(null);
    // To deliver them is not what is measured.
    const lock = tryLock(drainLockFile(site.outbox));
    try {
      site.sacctBegins(`exec cat "$lines.\${from%T*}"`);
      // Of the first day fewer entries wait than keep the second from being read.
      const [first, last] = [daysAgo(4), daysAgo(3)];
      await writeSacct(join(site.directory, `lines.${first}`), first, 100_000);
      await writeSacct(join(site.directory, `lines.${last}`), last, 900_000);
      const range = ['--start-date', first, '--end-date', last];
      const { peakMib } = await measure({ argv: [binary, 'jobs', 'export', ...range], env: site.env });
      using outbox = new Database(site.outbox, { readwrite: true });
      expect(outbox.query('SELECT count(*) AS n FROM job_fingerprints').get()).toEqual({ n: 1_000_000 });
      expect(peakMib).toBeLessThan(150);
    } finally {
      lock?.release();
      await site.remove();
    }
  },
  180_000,
);

needs('python3')(
  '200,000 runs of a PBS accounting log are exported in less than 150 MiB',
  async () => {
    const site = newHistorySite(null);
    const lock = tryLock(drainLockFile(site.outbox));
    try {
      const day = daysAgo(3);
      const log = join(site.directory, 'accounting');
      mkdirSync(log);
      await writeAccountingLog(join(log, day.replaceAll('-', '')), day, 200_000);
      site.configureJobs(`source: pbs-accounting, cluster_name: farm, accounting_path: '${log}'`);
      const { peakMib } = await measure({ argv: [binary, 'jobs', 'export', '--start-date', day], env: site.env });
      using outbox = new Database(site.outbox, { readwrite: true });
      expect(outbox.query('SELECT count(*) AS n FROM job_fingerprints').get()).toEqual({ n: 200_000 });
      expect(peakMib).toBeLessThan(150);
    } finally {
      lock?.release();
      await site.remove();
    }
  },
  120_000,
);

needs('python3')(
  'what 400,000 jobs of a day would be stored as is printed in less than 150 MiB',
  async () => {
    const site = newHistorySite(null);
    try {
      const day = daysAgo(3);
      site.sacctBegins('exec cat "$lines.all"');
      await writeSacct(join(site.directory, 'lines.all'), day, 400_000);
      const range = ['--start-date', day, '--end-date', day];
      const { peakMib } = await measure({ argv: [binary, 'jobs', 'export', ...range, '--json-only'], env: site.env });
      expect(peakMib).toBeLessThan(150);
    } finally {
      await site.remove();
    }
  },
  60_000,
);
