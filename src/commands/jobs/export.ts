import { defineCommand } from 'citty';
import { checkedCluster } from '../../history/cluster-name.ts';
import { OperatorError } from '../../lib/errors.ts';
import { logged, openContext, routinely } from '../../run/context.ts';
import { exportHistory } from '../../run/jobs/exporting.ts';
import { previewHistory } from '../../run/jobs/previewing.ts';
import { commonArgs } from '../common.ts';
import { rangeOf } from './range.ts';

export const exportCommand = defineCommand({
  meta: { name: 'export', description: 'Send finished jobs (default: new since the last export)' },
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
      description: 'Name of the cluster (default: as Slurm reports it)',
    },
    again: { type: 'boolean', description: 'Send all jobs of the range, sent before or not' },
    'dry-run': { type: 'boolean', description: 'Print the counts of an export; store nothing' },
    'json-only': { type: 'boolean', description: 'Print the request bodies; store nothing' },
  },
  async run({ args }) {
    if (args['dry-run'] && args['json-only'])
      throw new OperatorError('--dry-run and --json-only cannot be used together: give one of them');
    const isAgain = args.again === true;
    if (isAgain && (args.since ?? args['start-date'] ?? args.days) === undefined)
      throw new OperatorError('--again needs a range: give --since, --start-date or --days with it');
    const name = args['cluster-name'];
    const cluster = name === undefined ? null : checkedCluster(name, '--cluster-name');
    const now = new Date();
    if (args['dry-run'] || args['json-only']) {
      const context = openContext(args);
      const range = rangeOf(args, context.config.collector.jobs.timezone, now);
      const show = args['dry-run'] ? 'numbers' : 'bodies';
      return logged(context.log, () => previewHistory({ range, cluster, isAgain, now }, context, show));
    }
    return routinely(args, (context) => {
      const range = rangeOf(args, context.config.collector.jobs.timezone, now);
      return logged(context.log, () => exportHistory({ range, cluster, isAgain, now }, context));
    });
  },
});
