import { defineCommand } from 'citty';
import { steer } from '../../outbox/steer.ts';
import { commonArgs } from '../common.ts';
import { checkChoice, chooseArgs, chooseEntries } from './choose.ts';
import { ownOutbox } from './open.ts';
import { report } from './report.ts';

export const holdCommand = defineCommand({
  meta: { description: 'Keep pending entries back until they are released' },
  args: {
    ...commonArgs,
    ...chooseArgs,
    reason: { type: 'string', valueHint: 'TEXT', description: 'Reason, shown in listings' },
  },
  async run({ args }) {
    checkChoice(args);
    const { outbox } = ownOutbox(args);
    const entries = await chooseEntries(outbox, args, ['pending']);
    const reason = args.reason ?? 'held by hand';
    const changed = steer(outbox, entries, (entry) => outbox.hold(entry, reason));
    outbox.close();
    const result = 'held; release with: hpc-collector outbox release';
    return report({ entries, changed, state: 'held', result, json: args.json === true });
  },
});
