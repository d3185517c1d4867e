import { defineCommand } from 'citty';
import { type ExitCode, OperatorError } from '../../lib/errors.ts';
import { worst } from '../../run/collecting.ts';
import { type Context, logged, openContext, routinely } from '../../run/context.ts';
import { chosenClusters, type ExportRequest } from '../../run/jobs/export-request.ts';
import { exportHistory } from '../../run/jobs/exporting.ts';
import { previewHistory } from '../../run/jobs/previewing.ts';
import { commonArgs } from '../common.ts';
import { type RangeArgs, rangeOf } from './range.ts';

export const exportCommand = defineCommand({
  meta: { description: 'Send finished jobs (default: new since the last export)' },
  args: {
    ...commonArgs,
    since: { type: 'string', valueHint: 'TIME', description: 'Jobs that ended at this time or later (ISO 8601, UTC)' },
    until: { type: 'string', valueHint: 'TIME', description: 'Jobs that ended before this time (ISO 8601, UTC)' },
    days: { type: 'string', valueHint: 'N', description: 'Jobs since midnight N days before the end of the range' },
    'start-date': { type: 'string', valueHint: 'DATE', description: 'First day of the range' },
    'end-date': { type: 'string', valueHint: 'DATE', description: 'Last day of the range, up to its end' },
    'cluster-name': {
      type: 'string',
      valueHint: 'NAME',
      description: 'Name of the cluster (default: as Slurm reports it); with several, the one to export',
    },
    again: { type: 'boolean', description: 'Send all jobs of the range, sent before or not' },
    'dry-run': { type: 'boolean', description: 'Print the counts of an export; store nothing' },
    'json-only': { type: 'boolean', description: 'Print the request bodies; store nothing' },
  },
  async run({ args }) {
    if (args['dry-run'] && args['json-only'])
      throw new OperatorError('--dry-run and --json-only cannot be used together: give one of them');
    if (args.again === true && (args.since ?? args['start-date'] ?? args.days) === undefined)
      throw new OperatorError('--again needs a range: give --since, --start-date or --days with it');
    const now = new Date();
    if (args['dry-run'] || args['json-only']) {
      const show = args['dry-run'] ? 'numbers' : 'bodies';
      return eachCluster(openContext(args), args, now, (asked, context) => previewHistory(asked, context, show));
    }
    return routinely(args, (context) => eachCluster(context, args, now, exportHistory));
  },
});

type ExportArgs = RangeArgs & { readonly 'cluster-name'?: string | undefined; readonly again?: boolean | undefined };

/** Does the work for one cluster after the other. A cluster that fails does not stop the others. */
async function eachCluster(
  context: Context,
  args: ExportArgs,
  now: Date,
  work: (asked: ExportRequest, context: Context) => Promise<ExitCode>,
): Promise<ExitCode> {
  const requests = chosenClusters(context.config.collector.jobs, args['cluster-name'] ?? null).map((chosen) => ({
    ...chosen,
    range: rangeOf(args, chosen.jobs.timezone, now),
    isAgain: args.again === true,
    now,
  }));
  const codes: ExitCode[] = [];
  for (const asked of requests) codes.push(await logged(context.log, () => work(asked, context)));
  return worst(codes);
}
