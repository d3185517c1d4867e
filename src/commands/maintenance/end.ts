import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { endMaintenance } from '../../outage/maintenance.ts';
import { commonArgs } from '../common.ts';
import { ownOutbox } from '../outbox/open.ts';
import { printLines } from '../output.ts';
import { checkSystem } from './system.ts';

export const endCommand = defineCommand({
  meta: { description: 'End a maintenance early' },
  args: { ...commonArgs, system: { type: 'positional', required: true, description: 'Name of the system' } },
  async run({ args }) {
    const { outbox, context } = ownOutbox(args);
    let ended: boolean;
    try {
      checkSystem(args.system, outbox, context);
      ended = endMaintenance(outbox, args.system, new Date());
    } finally {
      outbox.close();
    }
    printLines([`${args.system} is ${ended ? 'no longer' : 'not'} in maintenance`]);
    return exitCodes.done;
  },
});
