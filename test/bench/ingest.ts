import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { finishedJobs } from '../support/finished-jobs.ts';
import { binary, newSite } from '../support/site.ts';
import { table } from './table.ts';

const count = 100_000;
const rounds = 3;

/** Finished jobs sent to `serve`: all in one request, and in the batches in which they are exported. */
export async function benchIngest(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const rows: string[][] = [];
  for (const batch of [count, 1000]) {
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) seconds.push(await timePosts(batch));
    const least = Math.min(...seconds);
    rows.push([`${batch.toLocaleString('en')} a request`, least.toFixed(2), (count / least).toFixed(0)]);
  }
  console.log(`\n${count.toLocaleString('en')} finished jobs into serve\n`);
  console.log(table(['', 'best, s', 'jobs a second'], rows));
}

/** Posts all jobs one batch after the other; gives the seconds it took. */
async function timePosts(batch: number): Promise<number> {
  const site = newSite();
  try {
    const database = join(site.directory, 'receiver.db');
    const { stdout } = await site.run('serve', 'key', 'add', 'bench', '--all', '--database', database);
    const { url } = await site.serve();
    const headers = { 'X-API-Key': stdout.trim(), 'Content-Type': 'application/json' };
    const bodies = Array.from({ length: count / batch }, (_, n) =>
      JSON.stringify({ hostname: 'hpc1', jobs: finishedJobs(n * batch, batch) }),
    );
    const began = performance.now();
    for (const body of bodies) {
      const response = await fetch(`${url}/api/data/ingest`, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`the receiver answers ${response.status}`);
    }
    return (performance.now() - began) / 1000;
  } finally {
    await site.remove();
  }
}
