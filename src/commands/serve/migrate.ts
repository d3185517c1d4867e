import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { openContext } from '../../run/context.ts';
import { transfer } from '../../server/store/transfer.ts';
import { commonArgs } from '../common.ts';
import { databaseOf } from './database.ts';

/** Milliseconds between two lines of progress. */
const progressMs = 2000;

export const migrateCommand = defineCommand({
  meta: { description: "Copy the receiver's SQLite database to PostgreSQL" },
  args: {
    ...commonArgs,
    from: { type: 'string', required: true, valueHint: 'FILE', description: 'The SQLite database; it is only read' },
    to: {
      type: 'string',
      required: true,
      valueHint: 'URL',
      description: 'An empty database: postgres://USER@HOST/DATABASE',
    },
  },
  async run({ args }) {
    const target = databaseOf(args.to, openContext(args));
    if (typeof target === 'string') {
      throw new OperatorError(`--to ${args.to}: give the address of a database, as postgres://HOST/DATABASE?user=USER`);
    }
    let shown = Date.now();
    const rows = await transfer(args.from, target, (table, copied, total) => {
      if (copied < total && Date.now() - shown < progressMs) return;
      shown = Date.now();
      complain(`${table}: ${copied} of ${total} rows\n`);
    });
    complain(`Copied and compared ${rows} rows\n`);
    return exitCodes.done;
  },
});
