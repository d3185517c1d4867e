import { separator } from '../../src/slurm/rows.ts';
import { randomFrom } from './random.ts';

/**
 * Writes what sacct prints for so many jobs that ended on a day (`2026-11-20`), each with its batch step, in the order of
 * their end: 300 bytes a job. The same numbers give the same bytes.
 */
export async function writeSacct(file: string, date: string, jobs: number): Promise<void> {
  const random = randomFrom(jobs);
  const midnight = Date.parse(`${date}T00:00:00Z`) / 1000;
  const writer = Bun.file(file).writer({ highWaterMark: 4 * 1024 * 1024 });
  for (let n = 0; n < jobs; n++) {
    writer.write(linesOf(n, midnight + Math.floor((n * 86_400) / jobs), random));
    if (n % 10_000 === 9_999) await writer.flush();
  }
  await writer.end();
}

function linesOf(n: number, end: number, random: (below: number) => number): string {
  const id = String(10_000_000 + n);
  const elapsed = 30 + random(40_000);
  const submit = end - elapsed - random(5_000);
  const account = `account${String(random(150)).padStart(4, '0')}`;
  const cpus = 2 ** random(8);
  const first = 1000 + random(900);
  const nodes = random(3) === 0 ? `node[${first}-${first + 1 + random(30)}]` : `node${first}`;
  const memory = `mem=${cpus * 2}G,node=1`;
  const gpus = random(10) === 0 ? 'gres/gpu:a100=1,gres/gpu=1,' : '';
  const state = random(9) === 0 ? 'FAILED' : 'COMPLETED';
  const times = [submit, end - elapsed, end];
  const user = `user${String(random(700)).padStart(4, '0')}`;
  const job = [
    id,
    id,
    user,
    account,
    'compute',
    state,
    ...times,
    'normal',
    elapsed,
    nodes,
    `billing=${cpus},cpu=${cpus},${gpus}${memory}`,
  ];
  const step = [
    `${id}.batch`,
    `${id}.batch`,
    '',
    account,
    '',
    state,
    ...times,
    '',
    elapsed,
    nodes,
    `cpu=${cpus},${gpus}${memory}`,
  ];
  return `${job.join(separator)}\n${step.join(separator)}\n`;
}
