import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { resolveOutage } from '../../outage/report.ts';
import { commonArgs } from '../common.ts';
import { keyArg, reportArgs, storeReport } from './report-args.ts';

export const resolveCommand = defineCommand({
  meta: {
    description: 'Report the end of an outage',
  },
  args: {
    ...commonArgs,
    ...keyArg,
    end: { type: 'string', valueHint: 'TIME', description: 'End time (default: now)' },
    description: reportArgs.description,
  },
  async run({ args }) {
    await storeReport(args, (outbox, _, destinationsOf) =>
      resolveOutage(outbox, args.key, { end: args.end, description: args.description }, new Date(), destinationsOf),
    );
    return exitCodes.done;
  },
});
