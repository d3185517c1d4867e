import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { updateOutage } from '../../outage/report.ts';
import { commonArgs } from '../common.ts';
import { checkStatus, keyArg, reportArgs, storeReport } from './report-args.ts';

export const updateCommand = defineCommand({
  meta: {
    description: 'Report changes of an outage',
  },
  args: { ...commonArgs, ...keyArg, ...reportArgs },
  async run({ args }) {
    checkStatus(args.status);
    const names = Object.keys(reportArgs) as (keyof typeof reportArgs)[];
    if (names.every((name) => args[name] === undefined))
      throw new OperatorError(`no change is given: use ${names.map((name) => `--${name}`).join(', ')}`);
    await storeReport(args, (outbox, _, destinationsOf) =>
      updateOutage(outbox, args.key, args, new Date(), destinationsOf),
    );
    return exitCodes.done;
  },
});
