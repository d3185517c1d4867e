import { defineCommand } from 'citty';
import { exitCodes, OperatorError } from '../../lib/errors.ts';
import { complain } from '../../lib/output.ts';
import { type EntryKey, entryStates } from '../../outbox/entry.ts';
import { undelivered } from '../../outbox/filter.ts';
import { commonArgs } from '../common.ts';
import { confirmed, isInteractive } from '../input.ts';
import { checkChoice, chooseArgs, chooseEntries, readsIds, summaryOf } from './choose.ts';
import { ownOutbox } from './open.ts';
import { report } from './report.ts';

/** Entries deleted in one transaction. */
const batch = 200;

export const dropCommand = defineCommand({
  meta: { description: 'Delete entries; their ids and the reason are kept' },
  args: {
    ...commonArgs,
    ...chooseArgs,
    yes: { type: 'boolean', alias: 'y', description: 'Do not ask; required without a terminal' },
    reason: { type: 'string', valueHint: 'TEXT', description: 'Reason, shown in listings' },
  },
  async run({ args }) {
    checkChoice(args);
    const mayAsk = isInteractive() && !readsIds(args);
    if (!args.yes && !mayAsk) throw new OperatorError('cannot ask for confirmation: pass --yes to drop these entries');
    const { outbox, context } = ownOutbox(args);
    // Select delivered entries only if they are named or requested by state.
    const entries = await chooseEntries(outbox, args, args.state === 'delivered' ? entryStates : undelivered);
    if (entries.length > 0 && !args.yes && !(await confirmed(`Drop ${summaryOf(entries)}? This cannot be undone.`))) {
      outbox.close();
      complain('No entry was dropped.\n');
      return exitCodes.failed;
    }
    const reason = args.reason ?? 'dropped by hand';
    const changed = new Set<EntryKey>();
    for (let start = 0; start < entries.length; start += batch) {
      const dropped = outbox.drop(entries.slice(start, start + batch), reason, new Date());
      for (const entry of dropped) changed.add(entry);
    }
    outbox.close();
    if (changed.size > 0) context.log.info(`Dropped ${summaryOf(changed)}: ${reason}`);
    const result = 'dropped; list them with: hpc-collector outbox ls --dropped';
    return report({ entries, changed, state: null, result, json: args.json === true });
  },
});
