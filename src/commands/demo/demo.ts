import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineCommand } from 'citty';
import { z } from 'zod';
import { loadSystem } from '../../config/load.ts';
import { exitCodes, messageOf } from '../../lib/errors.ts';
import { print } from '../../lib/output.ts';
import { openReadOnly } from '../../outbox/open.ts';
import { collectAndStore } from '../../run/collecting.ts';
import { type Context, openContext } from '../../run/context.ts';
import { drainOutbox } from '../../run/draining.ts';
import { stopSignal } from '../../run/signals.ts';
import { addKey } from '../../server/auth/keys.ts';
import { addUser } from '../../server/auth/users.ts';
import { type Receiver, startReceiver } from '../../server/receiver.ts';
import { commonArgs } from '../common.ts';
import { entryTable } from '../outbox/table.ts';
import { exportRecordedJobs, usageLines } from './job-history.ts';
import { demoRecordings } from './recordings.ts';
import { cluster, type DemoReceiver, fillReceiver, keepFresh, latestOf } from './showing.ts';

const user = 'demo';
const systems = ['derecho', 'casper'];

const latestStatus = z.object({ timestamp: z.string(), cpu_nodes_total: z.number(), running_jobs: z.number() });

export const demoCommand = defineCommand({
  meta: {
    description: 'Demonstrate collection and delivery on recorded data',
  },
  args: {
    ...commonArgs,
    keep: { type: 'boolean', description: 'Keep the receiver and its dashboard running until interrupted' },
  },
  async run({ args }) {
    const directory = mkdtempSync(join(tmpdir(), 'hpc-collector-demo-'));
    let receiver: Receiver | null = null;
    try {
      const database = join(directory, 'receiver.db');
      const password = (await addUser(database, user, null)).password ?? '';
      const port = freePort();
      const key = crypto.randomUUID();
      const context = openContext(
        { ...args, outbox: join(directory, 'outbox.db') },
        {
          XDG_CONFIG_HOME: directory,
          XDG_STATE_HOME: directory,
          STATUS_API_URL: `http://127.0.0.1:${port}`,
          STATUS_API_USER: user,
          STATUS_API_PASSWORD: password,
          INGEST_API_URL: `http://127.0.0.1:${port}`,
          INGEST_API_KEY: key,
        },
      );
      const recordings = join(directory, 'recordings');
      await unpackRecordings(recordings);

      say(
        `1. The API at 127.0.0.1:${port} is down. Two rounds of 'run ${systems.join(' ')}', on recordings of real PBS:`,
      );
      const chosen = systems.map((name) => loadSystem(name, context.config));
      for (let round = 0; round < 2; round++) {
        await collectAndStore(chosen, context, { source: { record: null, replay: recordings } });
        // Stop after a second, so that the demonstration does not wait for retries.
        await drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: 1 });
      }
      say("\n2. Nothing is lost: 'outbox ls' shows the pending entries.");
      showOutbox(context);

      say("\n3. The API comes up, and 'drain --now' delivers the entries, oldest first:");
      receiver = await startReceiver({ hostname: '127.0.0.1', port, database, ingest: { environmentKeys: [key] } });
      const login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      const samplesKey = await addKey(database, 'samples', [`write:${cluster}`]);
      const demoReceiver = { url: receiver.url, login, key, samplesKey };
      const code = await drainOutbox(context, { stream: null, ignoreRest: true, maxSeconds: null });
      showOutbox(context);
      for (const name of systems)
        say(`   ${receiver.url}/api/v1/status/${name}/latest  ${await latest(demoReceiver, name)}`);

      say("\n4. 'jobs export' sends the finished jobs of a PBS and a Slurm cluster, from real recordings:");
      await exportRecordedJobs(recordings, context);
      for (const line of await usageLines(demoReceiver)) say(`   ${line}`);

      if (args.keep) {
        say(
          '\n5. The receiver gets a day of snapshots made from the recordings, a made-up hub, and a year of made-up jobs of derecho.',
        );
        await fillReceiver(demoReceiver, systems);
        await keepFresh(demoReceiver, systems, stopSignal, (error) => context.log.warn(messageOf(error)));
        say(
          `\nIts dashboard runs until it is interrupted (Ctrl-C): ${receiver.url}, user ${user}, password ${password}`,
        );
        await new Promise<void>((resolve) => stopSignal.addEventListener('abort', () => resolve(), { once: true }));
      }
      return code === exitCodes.done ? exitCodes.done : exitCodes.failed;
    } finally {
      await receiver?.stop();
      // Bun stops without an error at a file that has gone, such as one that a thread of the receiver removes meanwhile.
      while (existsSync(directory)) rmSync(directory, { recursive: true, force: true });
    }
  },
});

function say(text: string): void {
  print(`${text}\n`);
}

function showOutbox(context: Context): void {
  const outbox = openReadOnly(context.outbox);
  if (outbox === null) return;
  for (const line of entryTable(outbox, outbox.list(null))) say(`   ${line}`);
  outbox.close();
}

async function unpackRecordings(directory: string): Promise<void> {
  for (const [system, files] of Object.entries(demoRecordings)) {
    for (const [name, file] of Object.entries(files))
      await Bun.write(join(directory, system, name), Bun.file(String(file)));
  }
}

/** Returns a free port, on which the API does not listen yet. */
function freePort(): number {
  const server = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = server;
  server.stop(true);
  return port;
}

/** Returns the latest status of a system at the receiver, in one line. */
async function latest(receiver: DemoReceiver, system: string): Promise<string> {
  const { timestamp, cpu_nodes_total, running_jobs } = latestStatus.parse(JSON.parse(await latestOf(receiver, system)));
  return `${timestamp}: ${cpu_nodes_total} CPU nodes, ${running_jobs} jobs running`;
}
