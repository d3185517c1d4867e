import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { counted } from '../../lib/text.ts';
import { commonArgs } from '../common.ts';
import { findEntry } from './find.ts';
import { existingOutbox } from './open.ts';

export const retryCommand = defineCommand({
  meta: { name: 'retry', description: 'Make rejected or waiting entries due now; the next drain sends them' },
  args: {
    ...commonArgs,
    'id…': { type: 'positional', required: false, description: 'The entries: ids, or their beginnings' },
    rejected: { type: 'boolean', description: 'All that are rejected' },
  },
  run({ args }) {
    if ((args._.length === 0) !== (args.rejected === true))
      throw new OperatorError('say which entries: either ids, or --rejected for all rejected ones');
    const outbox = existingOutbox(args);
    const entries = args.rejected ? outbox.list('rejected') : args._.map((prefix) => findEntry(outbox, prefix));
    const changed = entries.filter((entry) => outbox.retry(entry));
    outbox.close();
    for (const entry of entries) {
      if (!changed.includes(entry)) process.stderr.write(`${entry.id} is ${entry.state}: left as it is\n`);
    }
    process.stdout.write(`${counted(changed.length, 'entry', 'entries')} due now; send with: hpc-collector drain\n`);
    return exitCodes.done;
  },
});
