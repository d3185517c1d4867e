/**
 * npm run bench [-- TOPIC…]
 *
 * Measures what the compiled program costs. Every number is reported beside its aim and none is asserted: how fast the
 * machine is, is not a property of the program.
 */

import { benchCollect } from './collect.ts';
import { benchDrain } from './drain.ts';
import { benchHistory } from './history.ts';
import { benchIngest } from './ingest.ts';
import { benchOutboxLs } from './outbox-ls.ts';
import { benchReceiver } from './receiver.ts';
import { benchSample } from './sample.ts';
import { benchUsage } from './usage.ts';

/** What can be measured, by the name it is asked for; all in this order without one. */
const topics: Readonly<Record<string, () => Promise<void>>> = {
  collect: benchCollect,
  drain: benchDrain,
  ingest: benchIngest,
  'outbox-ls': benchOutboxLs,
  history: benchHistory,
  receiver: benchReceiver,
  sample: benchSample,
  usage: benchUsage,
};

// What is made is removed when the process ends by itself: a signal alone would leave hundreds of megabytes behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const asked = Bun.argv.slice(2);
const unknown = asked.filter((name) => topics[name] === undefined);
if (unknown.length > 0) {
  console.error(`bench: there is no ${unknown.join(', ')}: known are ${Object.keys(topics).join(', ')}`);
  process.exitCode = 2;
} else {
  for (const [name, bench] of Object.entries(topics)) if (asked.length === 0 || asked.includes(name)) await bench();
}
