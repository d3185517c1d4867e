import { existsSync } from 'node:fs';
import { fillOutbox, snapshotEntry } from '../support/filled-outbox.ts';
import { binary, credentials, newSite } from '../support/site.ts';
import { randomFrom } from './random.ts';
import { table } from './table.ts';

const count = 400;
/** Rows by user that make a body of 200 kB. */
const userRows = 810;
const rounds = 3;
const aim = 1.5;

/**
 * Drains entries of 200 kB into a receiver, beside the same bodies posted back to back over one connection. The ratio is
 * the median of several rounds, because the machine's other work affects both parts of a round alike.
 */
export async function benchDrain(): Promise<void> {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: npm run build`);
  const entries = [...snapshots()];
  const kilobytes = entries.reduce((sum, { body }) => sum + body.length, 0) / entries.length / 1000;
  const drained: number[] = [];
  const posted: number[] = [];
  for (let round = 0; round < rounds; round++) {
    posted.push(await timePosts(entries.map(({ path, body }) => ({ path, body }))));
    drained.push(await timeDrain(entries));
  }
  console.log(
    `drain of ${count.toLocaleString('en')} entries of ${kilobytes.toFixed(0)} kB into serve, ${rounds} rounds\n`,
  );
  const cells = (name: string, seconds: number[]) => {
    const typical = middle(seconds);
    return [
      name,
      ...[typical, (typical / count) * 1000].map((figure) => figure.toFixed(2)),
      (count / typical).toFixed(0),
    ];
  };
  const ratio = middle(drained.map((seconds, round) => seconds / (posted[round] ?? Number.NaN)));
  const verdict = [ratio.toFixed(2), `≤ ${aim.toFixed(2)}`, ratio <= aim ? 'met' : 'NOT met'];
  console.log(
    table(
      ['', 'median, s', 'ms each', 'a second', 'of bare', 'aim', ''],
      [cells('bare loop', posted), [...cells('drain', drained), ...verdict]],
    ),
  );
}

/** The median of an odd number of figures. */
function middle(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.floor(figures.length / 2)] ?? Number.NaN;
}

function* snapshots() {
  const random = randomFrom(3);
  const first = Date.now() - (count + 1) * 300_000;
  for (let n = 0; n < count; n++)
    yield snapshotEntry('derecho', { at: new Date(first + n * 300_000), userRows, reservations: 5, random });
}

/** Posts bodies one after the other, as little else as can be; gives the seconds it took. */
async function timePosts(requests: readonly { readonly path: string; readonly body: string }[]): Promise<number> {
  const site = newSite();
  try {
    const { url } = await site.serve();
    const headers = {
      Authorization: `Basic ${btoa(`${credentials.user}:${credentials.password}`)}`,
      'Content-Type': 'application/json',
    };
    const began = performance.now();
    for (const { path, body } of requests) {
      const response = await fetch(url + path, { method: 'POST', headers, body });
      await response.arrayBuffer();
      if (response.status !== 201) throw new Error(`the receiver answers ${response.status}`);
    }
    return (performance.now() - began) / 1000;
  } finally {
    await site.remove();
  }
}

/** Drains them by the program; gives the seconds that its whole process took. */
async function timeDrain(entries: Iterable<Parameters<typeof fillOutbox>[1] extends Iterable<infer E> ? E : never>) {
  const site = newSite();
  try {
    const { url } = await site.serve();
    site.api(url);
    site.configure('collector.yaml', 'destinations: { sam: { max_per_minute: 1000000 } }\n');
    fillOutbox(site.outbox, entries);
    const began = performance.now();
    const { exit, stderr } = await site.run('drain', '--quiet');
    const seconds = (performance.now() - began) / 1000;
    if (exit !== 0) throw new Error(`drain exited with ${exit}: ${stderr}`);
    return seconds;
  } finally {
    await site.remove();
  }
}
