import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { drainLockFile } from '../../src/outbox/files.ts';
import { tryLock } from '../../src/outbox/lock.ts';
import { type HistorySite, newHistorySite } from '../support/history-site.ts';
import { binary } from '../support/site.ts';
import { slurmIsThere, startSlurm } from '../support/slurm/cluster.ts';
import { writeAccountingLog } from './accounting-log.ts';
import { best, type Cost, measure, median, python } from './measure.ts';
import { writeSacct } from './sacct.ts';
import { fillAccounting } from './slurm-accounting.ts';
import { table } from './table.ts';

const jobs = 1_000_000;
/** A real Slurm and a log with as many jobs: they take longer to make. */
const realJobs = 200_000;
const runs = 3;
const aimPeakMib = 150;
/** What was sent is remembered for a year: that is part of what is measured. */
const date = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
const exportOfDay = [binary, 'jobs', 'export', '--start-date', date, '--end-date', date];

/** What Python needs to cut the same text into lines and fields, and to do nothing with them. */
const split = `import sys
for line in sys.stdin:
    fields = line.split('\\x1f')
`;

/**
 * Exporting very many jobs of one day, beside Python that only splits what sacct prints or the log has; then from a log
 * beside a real Slurm.
 */
export async function benchHistory(): Promise<void> {
  await benchSource('sacct', async (site) => {
    const lines = join(site.directory, 'lines');
    await writeSacct(lines, date, jobs);
    return lines;
  });
  await benchSource('pbs-accounting', (site) => logOf(site, jobs));
  await benchBesideSlurm();
}

/** Configures a site to export an accounting log with so many jobs. Returns the file. */
async function logOf(site: HistorySite, count: number): Promise<string> {
  const log = join(site.directory, 'accounting');
  mkdirSync(log);
  site.configureJobs(`source: pbs-accounting, cluster_name: farm, accounting_path: '${log}'`);
  const file = join(log, date.replaceAll('-', ''));
  await writeAccountingLog(file, date, count);
  return file;
}

/** Exports the same number of jobs from the accounting database of a real Slurm and from a log of PBS. */
async function benchBesideSlurm(): Promise<void> {
  if (!slurmIsThere) {
    console.log('jobs export beside a real Slurm: not measured, because Slurm is not installed\n');
    return;
  }
  const cluster = await startSlurm();
  const sites = { slurm: newHistorySite(null), pbs: newHistorySite(null) };
  const locks = Object.values(sites).map((site) => tryLock(drainLockFile(site.outbox)));
  try {
    await fillAccounting(cluster, date, realJobs);
    await logOf(sites.pbs, realJobs);
    sites.slurm.configure('collector.yaml', 'jobs: { cluster_name: farm }\n');
    const costs: Record<'slurm' | 'pbs', Cost[]> = { slurm: [], pbs: [] };
    for (let run = 0; run < runs; run++) {
      for (const source of ['slurm', 'pbs'] as const) {
        const { env, outbox } = sites[source];
        costs[source].push(await measure({ argv: exportOfDay, env: { ...env, ...cluster.env } }));
        rmSync(outbox);
      }
    }
    const row = (label: string, measured: readonly Cost[]) => [
      label,
      ...[best(measured, 'wallSeconds'), median(measured, 'wallSeconds')].map((seconds) => seconds.toFixed(2)),
      Math.round(realJobs / median(measured, 'wallSeconds')).toLocaleString('en'),
    ];
    console.log(`jobs export of ${realJobs.toLocaleString('en')} jobs of one day\n`);
    console.log(
      table(
        ['', 'best, s', 'median, s', 'jobs a second'],
        [row('a real Slurm, through sacct and slurmdbd', costs.slurm), row('an accounting log of PBS', costs.pbs)],
      ),
    );
  } finally {
    for (const lock of locks) lock?.release();
    for (const site of Object.values(sites)) {
      await site.remove();
      rmSync(dirname(site.outbox), { recursive: true, force: true });
    }
    await cluster.stop();
  }
}

async function benchSource(source: string, prepare: (site: HistorySite) => Promise<string>): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const site = newHistorySite(null);
  // Nothing is delivered.
  const lock = tryLock(drainLockFile(site.outbox));
  try {
    const lines = await prepare(site);
    const [collector, reference]: [Cost[], Cost[]] = [[], []];
    for (let run = 0; run < runs; run++) {
      collector.push(
        await measure({ argv: [binary, 'jobs', 'export', '--start-date', date, '--end-date', date], env: site.env }),
      );
      rmSync(site.outbox);
      reference.push(await measure({ argv: [python(), '-c', split], stdin: lines }));
    }
    const megabytes = (statSync(lines).size / 1e6).toFixed(0);
    console.log(
      `jobs export from ${source}, ${jobs.toLocaleString('en')} jobs of one day, ${megabytes} MB, beside python3 that splits the text\n`,
    );
    const row = (label: string, of: keyof Cost, digits: number) => [
      label,
      ...[collector, reference].flatMap((costs) => [best(costs, of), median(costs, of)].map((n) => n.toFixed(digits))),
    ];
    const wall = median(collector, 'wallSeconds');
    const peak = median(collector, 'peakMib');
    console.log(
      table(
        ['', 'best', 'median', 'python best', 'median', 'aim', ''],
        [
          row('wall, s', 'wallSeconds', 2),
          row('CPU, s', 'cpuSeconds', 2),
          [...row('peak, MiB', 'peakMib', 0), `≤ ${aimPeakMib}`, peak <= aimPeakMib ? 'met' : 'NOT met'],
          ['jobs a second', '', Math.round(jobs / wall).toLocaleString('en')],
        ],
      ),
    );
  } finally {
    lock?.release();
    await site.remove();
    rmSync(dirname(site.outbox), { recursive: true, force: true });
  }
}
