import { defineCommand } from 'citty';
import { knownSystems } from '../../config/load.ts';
import { exitCodes } from '../../lib/errors.ts';
import { reportOutage } from '../../outage/report.ts';
import { commonArgs } from '../common.ts';
import { checkStatus, say, sayingArgs } from './report-args.ts';

export const reportCommand = defineCommand({
  meta: {
    name: 'report',
    description: 'Report an outage, or planned maintenance; prints its key. Every destination takes it as a new row',
  },
  args: {
    ...commonArgs,
    system: { type: 'positional', required: true, description: 'The system, in any case; it is sent in lower case' },
    ...sayingArgs,
    title: { ...sayingArgs.title, required: true },
    severity: { ...sayingArgs.severity, required: true },
    start: {
      type: 'string',
      valueHint: 'TIME',
      description: 'When it began (default: now); maintenance may be planned',
    },
  },
  async run({ args }) {
    checkStatus(args.status);
    await say(args, (outbox, { config, log }) => {
      const outage = reportOutage(outbox, args.system, args, new Date());
      const known = knownSystems(config);
      if (!known.includes(outage.system_name))
        log.warn(`'${outage.system_name}' is no system of this configuration (${known.join(', ')}): is it mistyped?`);
      return outage;
    });
    return exitCodes.done;
  },
});
