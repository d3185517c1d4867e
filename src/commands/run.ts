import { defineCommand } from 'citty';
import type { System } from '../config/system.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { OutboxUnwritable } from '../outbox/unwritable.ts';
import { afterRun } from '../run/after-run.ts';
import { collectAndStore, worst } from '../run/collecting.ts';
import { type Context, chosenSystems, logged, openContext, routinely } from '../run/context.ts';
import { drainOutbox } from '../run/draining.ts';
import { forReal } from '../run/executors.ts';
import { printPayloads } from '../run/previewing.ts';
import { stopSignal } from '../run/signals.ts';
import { commonArgs, systemArgs } from './common.ts';

/** Time limit for the drain of one run, in seconds. The next run starts after 300 s. */
const maxDrainSeconds = 120;

export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Collect systems and deliver pending entries (for cron)' },
  args: {
    ...commonArgs,
    ...systemArgs,
    'dry-run': { type: 'boolean', description: 'Print what would be sent; store and send nothing' },
  },
  async run({ args }) {
    if (args['dry-run']) {
      const context = openContext(args);
      const { systems, failures } = chosenSystems(args._, context, 'here');
      return worst([...failures, await printPayloads(systems, context, { ...forReal, dryRun: true })]);
    }
    return routinely(args, (context) => run(args._, context));
  },
});

async function run(names: readonly string[], context: Context): Promise<ExitCode> {
  const { systems, failures } = chosenSystems(names, context, 'here');
  if (systems.length === 0) return worst(failures);
  context.log.info(`Starting: ${systems.map((system) => system.system_name).join(', ')}`);
  const ran = await logged(context.log, () => collectAndDrain(systems, context));
  const code = worst([...failures, ran]);
  if (code === exitCodes.locked || stopSignal.aborted) return code;
  context.changes?.enter('notify');
  if (context.hanging === null) await afterRun(context, code === exitCodes.done, context.log);
  context.log.info(`Finished: ${code === exitCodes.done ? 'SUCCESS' : 'FAILED'}`);
  return code;
}

async function collectAndDrain(systems: readonly System[], context: Context): Promise<ExitCode> {
  const collected = await collectAndStore(systems, context, { postDirectly: true });
  if (collected === exitCodes.locked || stopSignal.aborted) return collected;
  const drained = await drainIfOpen(context);
  // If another drain is running, it delivers the entries, so this run did not fail.
  return worst([collected, drained === exitCodes.locked ? exitCodes.done : drained]);
}

/** Drains the outbox. Logs an error and returns `failed` if the outbox cannot be opened. */
async function drainIfOpen(context: Context): Promise<ExitCode> {
  try {
    return await drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: maxDrainSeconds });
  } catch (error) {
    if (!(error instanceof OutboxUnwritable)) throw error;
    context.log.error(`✗ nothing is delivered: ${error.problem}`);
    return exitCodes.failed;
  }
}
