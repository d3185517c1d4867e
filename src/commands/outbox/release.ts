import { defineCommand } from 'citty';
import { steer } from '../../outbox/steer.ts';
import { commonArgs } from '../common.ts';
import { checkChoice, chooseArgs, chooseEntries } from './choose.ts';
import { ownOutbox } from './open.ts';
import { report } from './report.ts';

export const releaseCommand = defineCommand({
  meta: { description: 'Release held entries; the next drain sends them' },
  args: { ...commonArgs, ...chooseArgs },
  async run({ args }) {
    checkChoice(args);
    const { outbox } = ownOutbox(args);
    const entries = await chooseEntries(outbox, args, ['held']);
    const now = new Date();
    const changed = steer(outbox, entries, (entry) => outbox.release(entry, now));
    outbox.close();
    const result = 'released; send with: hpc-collector drain';
    return report({ entries, changed, state: 'pending', result, json: args.json === true });
  },
});
