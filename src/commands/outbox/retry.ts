import { defineCommand } from 'citty';
import { steer } from '../../outbox/steer.ts';
import { commonArgs } from '../common.ts';
import { checkChoice, chooseArgs, chooseEntries } from './choose.ts';
import { ownOutbox } from './open.ts';
import { report } from './report.ts';

export const retryCommand = defineCommand({
  meta: { description: 'Send rejected or pending entries with the next drain' },
  args: { ...commonArgs, ...chooseArgs, rejected: { type: 'boolean', description: 'The same as --state rejected' } },
  async run({ args }) {
    const chosen = args.rejected ? { ...args, state: 'rejected' } : args;
    checkChoice(chosen);
    const { outbox } = ownOutbox(args);
    const entries = await chooseEntries(outbox, chosen, ['rejected', 'pending']);
    const changed = steer(outbox, entries, (entry) => outbox.retry(entry));
    outbox.close();
    const result = 'due now; send with: hpc-collector drain';
    return report({ entries, changed, state: 'pending', result, json: args.json === true });
  },
});
