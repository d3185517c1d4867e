import { dirname, join } from 'node:path';
import type { Cluster } from '../support/slurm/cluster.ts';
import { submit } from '../support/slurm/submit.ts';
import { until } from '../support/until.ts';

/** Rows that one statement copies. */
const step = 10_000;

/**
 * Fills the accounting database of a Slurm with jobs that ran for ten minutes on a day (`2026-11-20`): copies of a job that
 * has run. No Slurm could run so many here.
 */
export async function fillAccounting(cluster: Cluster, date: string, jobs: number): Promise<void> {
  const id = submit(cluster, 'games', 'true');
  const state = () => cluster.run(['sacct', '-X', '-n', '-P', '-j', String(id), '-o', 'State']).trim();
  await until(() => state() === 'COMPLETED', `job ${id} is accounted`, 120);
  const database = inDatabase(cluster);
  const table = 'proving_job_table';
  const own = ['job_db_inx', 'id_job', 'time_submit', 'time_eligible', 'time_start', 'time_end'];
  const columns = database(`SELECT column_name FROM information_schema.columns WHERE table_name = '${table}'`)
    .trim()
    .split('\n');
  const copied = columns.filter((name) => !own.includes(name)).map((name) => `\`${name}\``);
  const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
  const start = `${midnight} + seq % 80000`;
  for (let first = 1; first <= jobs; first += step) {
    database(`INSERT INTO ${table} (${[...own.slice(1), ...copied].join(', ')})
      SELECT 20000000 + seq, ${start}, ${start}, ${start} + 60, ${start} + 660, ${copied.join(', ')}
        FROM ${table}, seq_${first}_to_${Math.min(jobs, first + step - 1)} WHERE id_job = ${id}`);
  }
}

/** Returns a function that runs SQL in the database of a cluster, and returns what the client prints. */
function inDatabase({ env }: Cluster): (sql: string) => string {
  const settings = `--defaults-file=${join(dirname(env.SLURM_CONF), 'my.cnf')}`;
  return (sql) => {
    const { success, stdout, stderr } = Bun.spawnSync(
      ['mariadb', settings, '--batch', '--skip-column-names', 'slurm', '--execute', sql],
      { env },
    );
    if (!success) throw new Error(stderr.toString());
    return stdout.toString();
  };
}
