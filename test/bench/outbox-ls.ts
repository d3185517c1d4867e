import { existsSync } from 'node:fs';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { binary, newSite } from '../support/site.ts';
import { type Cost, measure, median } from './measure.ts';
import { table } from './table.ts';

const count = 100_000;
const runs = 9;

/** The listings by the arguments of `outbox`, with aims: seconds, and the time relative to an empty outbox. */
const listings: readonly { readonly args: readonly string[]; readonly ratio?: number; readonly seconds?: number }[] = [
  { args: ['ls'], ratio: 2 },
  // Prints one line for each entry.
  { args: ['ls', '--json'], seconds: 0.35 },
];

/** Listing an outbox in which very many entries wait, beside an empty one. */
export async function benchOutboxLs(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const [empty, full] = [newSite(), newSite()];
  try {
    fillOutbox(empty.outbox, []);
    fillOutbox(full.outbox, snapshots());
    const rows: string[][] = [];
    for (const { args, ...aim } of listings) {
      const costs: { empty: Cost[]; full: Cost[] } = { empty: [], full: [] };
      for (let run = 0; run < runs; run++) {
        costs.empty.push(await measure({ argv: [binary, 'outbox', ...args], env: empty.env }));
        costs.full.push(await measure({ argv: [binary, 'outbox', ...args], env: full.env }));
      }
      const [least, most] = [median(costs.empty, 'wallSeconds'), median(costs.full, 'wallSeconds')];
      const ratio = most / least;
      const isMet =
        ratio <= (aim.ratio ?? Number.POSITIVE_INFINITY) && most <= (aim.seconds ?? Number.POSITIVE_INFINITY);
      rows.push([
        `outbox ${args.join(' ')}`,
        ...[least, most, median(costs.full, 'cpuSeconds')].map((seconds) => seconds.toFixed(3)),
        ratio.toFixed(2),
        aim.seconds === undefined ? `≤ ${aim.ratio} of empty` : `≤ ${aim.seconds} s`,
        isMet ? 'met' : 'NOT met',
      ]);
    }
    console.log(`outbox with ${count.toLocaleString('en')} waiting entries, medians of ${runs}\n`);
    console.log(table(['', 'empty, s', 'full, s', 'CPU, s', 'of empty', 'aim', ''], rows));
  } finally {
    await Promise.all([empty.remove(), full.remove()]);
  }
}

function* snapshots() {
  const first = Date.now() - (count + 1) * 100_000;
  for (let n = 0; n < count; n++) {
    const system = ['derecho', 'casper', 'jupyterhub'][n % 3] ?? '';
    yield snapshotEntry(system, { at: new Date(first + n * 100_000) });
  }
}
