import { defineCommand } from 'citty';
import { knownSystems } from '../../config/load.ts';
import { exitCodes } from '../../lib/errors.ts';
import { reportOutage } from '../../outage/report.ts';
import { commonArgs } from '../common.ts';
import { checkStatus, reportArgs, storeReport } from './report-args.ts';

export const reportCommand = defineCommand({
  meta: {
    description: 'Report a new outage or planned maintenance; print its key',
  },
  args: {
    ...commonArgs,
    system: { type: 'positional', required: true, description: 'System (sent in lower case)' },
    ...reportArgs,
    title: { ...reportArgs.title, required: true },
    severity: { ...reportArgs.severity, required: true },
    start: {
      type: 'string',
      valueHint: 'TIME',
      description: 'Start time (default: now; in the future for maintenance)',
    },
  },
  async run({ args }) {
    checkStatus(args.status);
    await storeReport(args, (outbox, { config, log }, destinationsOf) => {
      const outage = reportOutage(outbox, args.system, args, new Date(), destinationsOf);
      const known = knownSystems(config);
      if (!known.includes(outage.system_name))
        log.warn(
          `'${outage.system_name}' is not a system of this configuration (${known.join(', ')}): is it mistyped?`,
        );
      return outage;
    });
    return exitCodes.done;
  },
});
