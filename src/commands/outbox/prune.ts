import { defineCommand } from 'citty';
import { exitCodes } from '../../lib/errors.ts';
import { counted } from '../../lib/text.ts';
import { countPrunable, pruneDelivered } from '../../outbox/retention.ts';
import { openContext } from '../../run/context.ts';
import { boundsOf } from '../../run/make-room.ts';
import { commonArgs } from '../common.ts';
import { printLines } from '../output.ts';
import { jsonLine } from './entry-json.ts';
import { existingOutbox, ownOutbox } from './open.ts';

export const pruneCommand = defineCommand({
  meta: { description: 'Delete delivered entries older than keep_delivered_days' },
  args: {
    ...commonArgs,
    'dry-run': { type: 'boolean', description: 'Print what would be deleted; delete nothing' },
    json: { type: 'boolean', description: 'Print the counts as one JSON object' },
  },
  async run({ args }) {
    const { outbox, context } = args['dry-run']
      ? { outbox: existingOutbox(args), context: openContext(args) }
      : ownOutbox(args);
    const bounds = boundsOf(context.config);
    const now = new Date();
    const { entries, bytes } = countPrunable(outbox, bounds, now);
    const pruned = args['dry-run'] ? 0 : pruneDelivered(outbox, bounds, now);
    outbox.close();
    const kept = `delivered over ${counted(bounds.keepDeliveredDays, 'day')} ago`;
    const result = args['dry-run']
      ? `${counted(entries, 'entry', 'entries')} would be deleted, ${kept}`
      : `${counted(pruned, 'entry', 'entries')} deleted, ${kept}`;
    printLines([args.json ? jsonLine({ prunable: entries, prunable_bytes: bytes, pruned }) : result]);
    return exitCodes.done;
  },
});
