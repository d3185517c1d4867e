import { defineCommand } from 'citty';
import { withBlock, withoutBlock } from '../../install/block.ts';
import { cronBlock, mailToOf } from '../../install/cron.ts';
import { asBytes, readCrontab, writeCrontab } from '../../install/crontab.ts';
import { exitCodes, messageOf, OperatorError } from '../../lib/errors.ts';
import { openContext } from '../../run/context.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { actionOf, installArgs, installationOf, systemsArg } from './installation.ts';

export const cronCommand = defineCommand({
  meta: { description: 'Print the crontab lines for this host, or install them' },
  args: {
    ...commonArgs,
    ...systemsArg,
    ...installArgs,
    jobs: { type: 'boolean', description: 'Run jobs export each night too; alone if no system is enabled' },
    mailto: { type: 'string', valueHint: 'ADDRESS', description: 'Address for cron mail (default: unchanged)' },
  },
  async run({ args }) {
    const action = actionOf(args);
    const context = openContext(args);
    if (action === 'remove') {
      const before = await readCrontab();
      const after = changed(() => withoutBlock(before));
      if (after !== before) await writeCrontab(after);
      printLines([
        after === before
          ? 'The crontab has no lines of hpc-collector'
          : 'Removed the lines of hpc-collector from the crontab',
      ]);
      return exitCodes.done;
    }
    const exportsJobs = args.jobs === true;
    const runs = !exportsJobs || args._.length + context.config.collector.systems.length > 0;
    const installation = await installationOf(args._, args, context, runs ? 'systems' : 'no system');
    const tasks = { runs, exportsJobs };
    if (action === 'print') {
      const mailTo = args.mailto ?? installation.user;
      printLines([cronBlock(installation, mailTo, tasks).trimEnd()]);
      return exitCodes.done;
    }
    const before = await readCrontab();
    const block = cronBlock(installation, args.mailto ?? mailToOf(before) ?? installation.user, tasks);
    const after = changed(() => withBlock(before, asBytes(block)));
    if (after !== before) await writeCrontab(after);
    printLines([
      after === before ? 'The crontab has these lines already' : `Wrote to the crontab of ${installation.user}:`,
      ...(after === before ? [] : [block.trimEnd()]),
    ]);
    return exitCodes.done;
  },
});

function changed(change: () => string): string {
  try {
    return change();
  } catch (error) {
    throw new OperatorError(`the crontab is unchanged: ${messageOf(error)}; correct it with: crontab -e`);
  }
}
