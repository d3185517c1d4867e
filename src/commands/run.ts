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
import { takeInSamples } from '../run/samples.ts';
import { stopSignal } from '../run/signals.ts';
import { commonArgs, systemArgs } from './common.ts';

/** Time limit for the drain of one run, in seconds. The next run starts after 300 s. */
const maxDrainSeconds = 120;

export const runCommand = defineCommand({
  meta: { description: 'Collect systems and deliver pending entries (for cron)' },
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
  const { samples } = context.config.collector;
  if (systems.length === 0 && samples === undefined) return worst(failures);
  const what = [...systems.map((system) => system.system_name), ...(samples === undefined ? [] : ['samples of jobs'])];
  context.log.info(`Starting: ${what.join(', ')}`);
  const ran = await logged(context.log, () => collectAndDrain(systems, context));
  const code = worst([...failures, ran]);
  if (code === exitCodes.locked || stopSignal.aborted) return code;
  context.changes?.enter('notify');
  if (context.hanging === null) await afterRun(context, code === exitCodes.done, context.log);
  context.log.info(`Finished: ${code === exitCodes.done ? 'SUCCESS' : 'FAILED'}`);
  return code;
}

async function collectAndDrain(systems: readonly System[], context: Context): Promise<ExitCode> {
  const collected =
    systems.length === 0 ? exitCodes.done : await collectAndStore(systems, context, { postDirectly: true });
  if (collected === exitCodes.locked || stopSignal.aborted) return collected;
  const taken = samplesIfAny(context);
  const drained = await drainIfOpen(context);
  // If another drain is running, it delivers the entries, so this run did not fail.
  return worst([collected, taken, drained === exitCodes.locked ? exitCodes.done : drained]);
}

/** Stores the samples of jobs if they are configured. Logs an error and returns `failed` if that is not possible. */
function samplesIfAny(context: Context): ExitCode {
  const { samples } = context.config.collector;
  if (samples === undefined || context.hanging !== null) return exitCodes.done;
  try {
    return takeInSamples(samples, context) ? exitCodes.done : exitCodes.failed;
  } catch (error) {
    if (!(error instanceof OutboxUnwritable)) throw error;
    context.log.error(`✗ no samples are stored: ${error.problem}; they stay in ${samples.spool}`);
    return exitCodes.failed;
  }
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
