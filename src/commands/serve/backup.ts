import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { openContext } from '../../run/context.ts';
import { backUp } from '../../server/store/backup.ts';
import { commonArgs } from '../common.ts';
import { size } from '../outbox/table.ts';
import { databaseArg, databaseOf } from './database.ts';

export const backupCommand = defineCommand({
  meta: { description: "Copy the receiver's SQLite database, also while it runs" },
  args: {
    ...commonArgs,
    ...databaseArg,
    file: { type: 'positional', required: true, valueHint: 'FILE', description: 'The copy, a new file' },
  },
  run({ args }) {
    const database = databaseOf(args.database, openContext(args));
    if (typeof database !== 'string') {
      throw new OperatorError('serve backup copies SQLite databases: back up PostgreSQL with pg_dump.');
    }
    complain(`Copied ${database} to ${args.file} (${size(backUp(database, args.file))})\n`);
    return exitCodes.done;
  },
});
