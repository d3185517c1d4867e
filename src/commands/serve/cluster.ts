import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { openContext } from '../../run/context.ts';
import { type ClusterChange, changeClusterSettings, listClusterSettings } from '../../server/usage/cluster-settings.ts';
import { commonArgs } from '../common.ts';
import { tableLines } from '../layout.ts';
import { jsonLine } from '../outbox/entry-json.ts';
import { printLines } from '../output.ts';
import { databaseArg, databaseOf } from './database.ts';

const lsCommand = defineCommand({
  meta: { description: 'List the clusters that have jobs, and how usage is counted' },
  args: {
    ...commonArgs,
    ...databaseArg,
    json: { type: 'boolean', description: 'Print one JSON object for each cluster' },
  },
  async run({ args }) {
    const clusters = await listClusterSettings(databaseOf(args.database, openContext(args)));
    const rows = clusters.map(({ name, timeZone, storedTimes, accountSeparator }) => {
      return { name, time_zone: timeZone, times: storedTimes, account_separator: accountSeparator };
    });
    if (args.json) printLines(rows.map((row) => jsonLine(row)));
    else if (rows.length === 0) printLines(['No cluster has jobs.']);
    else
      printLines(
        tableLines(
          ['NAME', 'TIME ZONE', 'TIMES', 'SEPARATOR'],
          rows.map((row) => Object.values(row)),
          [],
        ),
      );
    return exitCodes.done;
  },
});

const setCommand = defineCommand({
  meta: { description: 'Change how the usage of a cluster is counted' },
  args: {
    ...commonArgs,
    ...databaseArg,
    name: { type: 'positional', required: true, description: 'Name of the cluster' },
    'time-zone': { type: 'string', valueHint: 'ZONE', description: 'Zone at whose midnight days begin (default: UTC)' },
    times: {
      type: 'string',
      valueHint: 'utc|local',
      description: 'Zone of times that came without one (default: utc)',
    },
    'account-separator': {
      type: 'string',
      valueHint: 'TEXT',
      description: 'Separates levels of account names (default: -)',
    },
  },
  async run({ args }) {
    const { times } = args;
    if (times !== undefined && times !== 'utc' && times !== 'local')
      throw new OperatorError('--times: give utc or local');
    const change: ClusterChange = {
      ...(args['time-zone'] !== undefined && { timeZone: args['time-zone'] }),
      ...(times !== undefined && { storedTimes: times }),
      ...(args['account-separator'] !== undefined && { accountSeparator: args['account-separator'] }),
    };
    if (Object.keys(change).length === 0) {
      throw new OperatorError('nothing to change: give --time-zone, --times or --account-separator');
    }
    const database = databaseOf(args.database, openContext(args));
    const after = await changeClusterSettings(database, args.name, change, (cluster, days) =>
      complain(`${cluster}: ${days} days are counted\n`),
    );
    const { timeZone, storedTimes, accountSeparator } = after;
    complain(
      `${args.name}: days of ${timeZone}, times are ${storedTimes}, accounts separated by '${accountSeparator}'\n`,
    );
    return exitCodes.done;
  },
});

export const clusterCommand = defineCommand({
  meta: { description: 'Manage the clusters whose usage the receiver counts' },
  subCommands: { ls: lsCommand, set: setCommand },
});
