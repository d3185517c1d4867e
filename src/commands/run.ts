import { defineCommand } from 'citty';
import type { System } from '../config/system.ts';
import { type ExitCode, exitCodes } from '../lib/errors.ts';
import { collectAndStore, worst } from './collecting.ts';
import { commonArgs } from './common.ts';
import { type Context, chosenSystems, logged, openContext } from './context.ts';
import { drainOutbox } from './draining.ts';
import { forReal } from './executor.ts';
import { printPayloads } from './payloads.ts';

/** How long the drain of one run may take, in seconds: the next run comes after 300. */
const maxDrainSeconds = 120;

export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Collect systems, then deliver what waits: the cron line' },
  args: {
    ...commonArgs,
    'system…': {
      type: 'positional',
      required: false,
      description: 'Systems to collect (default: all that the configuration enables)',
    },
    'dry-run': { type: 'boolean', description: 'Log what would be sent; store and send nothing' },
  },
  async run({ args }) {
    const context = openContext(args);
    const systems = chosenSystems(args._, context.config);
    if (args['dry-run']) return printPayloads(systems, context, { ...forReal, dryRun: true });
    if (systems.length === 0) return exitCodes.done;
    context.log.info(`Starting: ${systems.map((system) => system.system_name).join(', ')}`);
    const code = await logged(context.log, () => collectAndDrain(systems, context));
    if (code !== exitCodes.locked) context.log.info(`Finished: ${code === exitCodes.done ? 'SUCCESS' : 'FAILED'}`);
    return code;
  },
});

async function collectAndDrain(systems: readonly System[], context: Context): Promise<ExitCode> {
  const collected = await collectAndStore(systems, context);
  if (collected === exitCodes.locked) return collected;
  const drained = await drainOutbox(context, { stream: null, ignoreRest: false, maxSeconds: maxDrainSeconds });
  // A run that finds the drain held has done its own part.
  return worst([collected, drained === exitCodes.locked ? exitCodes.done : drained]);
}
