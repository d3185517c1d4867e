import { defineCommand } from 'citty';
import { OperatorError } from '../lib/errors.ts';
import { collectAndStore, worst } from '../run/collecting.ts';
import { chosenSystems, logged, openContext, routinely } from '../run/context.ts';
import { printPayloads } from '../run/previewing.ts';
import { commonArgs, systemArgs } from './common.ts';

export const collectCommand = defineCommand({
  meta: { description: 'Collect systems and store their snapshots; deliver nothing' },
  args: {
    ...commonArgs,
    ...systemArgs,
    'dry-run': { type: 'boolean', description: 'Print what would be sent; store nothing' },
    'json-only': { type: 'boolean', description: 'Print the payload as JSON; store nothing' },
    record: { type: 'string', valueHint: 'DIR', description: 'Record the output of all commands in a new directory' },
    replay: { type: 'string', valueHint: 'DIR', description: 'Replay a recording instead of running commands' },
  },
  async run({ args }) {
    if (args.record !== undefined && args.replay !== undefined) {
      throw new OperatorError('--record and --replay cannot be used together: give one of them');
    }
    const source = { record: args.record ?? null, replay: args.replay ?? null };
    if (args['dry-run'] || args['json-only']) {
      const context = openContext(args);
      const { systems, failures } = chosenSystems(args._, context, 'as named');
      const dryRun = args['dry-run'] === true;
      return worst([...failures, await printPayloads(systems, context, { dryRun, ...source })]);
    }
    return routinely(args, async (context) => {
      const { systems, failures } = chosenSystems(args._, context, 'as named');
      if (systems.length === 0) return worst(failures);
      return worst([...failures, await logged(context.log, () => collectAndStore(systems, context, { source }))]);
    });
  },
});
